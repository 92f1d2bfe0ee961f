// Text of others inside Markdown: it cannot become markup, leave its code or its cell, mention anybody or link anywhere.
import { visible } from '../../redact.ts';

const oneLine = (text: string): string => visible(text.replace(/\s*[\r\n]+\s*/g, ' '));

/** A code span. Within one, GitHub makes no link and mentions nobody. */
export function code(text: string): string {
  const flat = oneLine(text);
  if (flat === '') return '` `';
  const fence = '`'.repeat(longestRun(flat) + 1);
  // One blank at either end is not shown; without it a backtick would join the fence.
  return /^`|`$|^ .* $/.test(flat) ? `${fence} ${flat} ${fence}` : fence + flat + fence;
}

const longestRun = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));

/** What Markdown reads as a link, or GitHub as a mention, an issue, a commit or a formula: it is shown as code. */
const LINKING = /:\/\/|[@#$]|www\.|GH-\d|(?<![0-9a-z])[0-9a-f]{7}/i;
const WORD = /`([^`\r\n]+)`|([^\s`]+)|\s+|`/g;

/** Prose on one line; what stands between backticks in it is code. */
export function inert(text: string): string {
  let prose = '';
  for (const [all, quoted, word] of oneLine(text).matchAll(WORD)) {
    const next = quoted === undefined ? wordOf(word ?? all) : code(quoted);
    // Two spans side by side would be one.
    prose += prose.endsWith('`') && next.startsWith('`') && !prose.endsWith('\\`') ? ` ${next}` : next;
  }
  return prose;
}

function wordOf(word: string): string {
  const [, open = '', inner = '', close = ''] = /^(["'([]*)(.*?)([)\]"'.,:;!?]*)$/s.exec(word) ?? [];
  return LINKING.test(inner) ? escaped(open) + code(inner) + escaped(close) : escaped(word);
}

const escaped = (text: string): string =>
  text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*{}[\]!~]|(?<!\w)_|_(?!\w)/g, (sign) => `\\${sign}`);

/** What is Markdown already, as one cell of a table. */
export const cell = (markdown: string): string => markdown.replaceAll('|', '\\|');

/** Code inside our own HTML, where Markdown is not read. */
export const html = (text: string): string =>
  `<code>${oneLine(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')}</code>`;

/** Prose there: it is code as soon as it is more than plain words. */
export const htmlProse = (text: string): string =>
  /^[\w ,()-]*$/.test(text) && !LINKING.test(text) ? text : html(text);

/** A block of code that no line of it can close. */
export function fenced(lines: readonly string[], language: string): string[] {
  const shown = lines.map((line) => visible(line).replaceAll('\n', ' '));
  const fence = '`'.repeat(Math.max(2, ...shown.map(longestRun)) + 1);
  return [fence + language, ...shown, fence];
}

/** A quotation: what is indented becomes a list. */
export function quoted(text: string): string[] {
  const lines = text.split(/\r\n?|\n/).filter((line) => line.trim() !== '');
  return lines.flatMap((line, at) => {
    const isPoint = /^\s/.test(line);
    const wasPoint = /^\s/.test(lines[at - 1] ?? '');
    const apart = at > 0 && !(isPoint && wasPoint) ? ['>'] : [];
    return [...apart, `> ${isPoint ? '- ' : ''}${begun(inert(line.trim()))}`];
  });
}

/** At the start of a line these would make a list, a heading or a rule. */
const begun = (prose: string): string => prose.replace(/^[-+=]/, '\\$&').replace(/^(\d+)([.)])/, '$1\\$2');

const LONGEST = 300;
export const shorten = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST).toWellFormed()}…` : text;
