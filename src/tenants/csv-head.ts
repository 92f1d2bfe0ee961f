// What stands above the rows of a CSV, read without the library for them.
import type { Entry, Node } from './tree.ts';

const SETTING = /^#[ \t]*(fleet|workspace|template)[ \t]*:[ \t]*(.*?)[,; \t\r]*$/;

/** Whether a text of unknown format is CSV: its header has a cell `id`. */
export function looksLikeCsv(text: string): boolean {
  const { end } = settingsOf(text);
  const header = /^[^\r\n]*/.exec(text.slice(end))?.[0] ?? '';
  return header.split(',').some((cell) => /^\s*"?id"?\s*$/.test(cell));
}

/** The comment lines at the top: what they set, as the same keys of a YAML list. */
export function settingsOf(text: string): { settings: Entry[]; end: number } {
  const settings: Entry[] = [];
  let end = 0;
  while (text[end] === '#') {
    const newline = text.indexOf('\n', end);
    const next = newline === -1 ? text.length : newline + 1;
    const [, key, value] = SETTING.exec(text.slice(end, next).trimEnd()) ?? [];
    if (key !== undefined && value !== undefined) {
      const at = end;
      const scalar: Node = { kind: 'scalar', at, text: value, quoted: false };
      const template: Node = { kind: 'mapping', at, entries: [{ key, at, value: scalar }] };
      settings.push(
        key === 'template' ? { key: 'defaults', at, value: template } : { key, at, value: scalar },
      );
    }
    end = next;
  }
  return { settings, end };
}
