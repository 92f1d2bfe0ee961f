// A datafile's text, its control characters and line ends settled, and the problems found in it.
import type { Problem } from '../errors.ts';

/** Offset of the first control character other than tab and newline, or -1: no line of a datafile can hold it. */
export const controlAt = (text: string): number => text.search(CONTROL);

// Neither tab, newline, printable ASCII nor U+00A0 and above. Every text is searched, and \p{Cc} takes five times as long.
const CONTROL = /[^\t\n -~\xa0-\uffff]/;

/** `U+0007`, for messages: the character itself would not show. */
export const codePoint = (text: string, at: number): string =>
  `U+${(text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

export class Source {
  readonly file: string;
  readonly text: string;
  readonly #found: { at: number; message: string }[] = [];

  constructor(file: string, raw: string) {
    this.file = file;
    const unmarked = raw.charCodeAt(0) === 0xfeff ? raw.slice(1) : raw;
    this.text = unmarked.includes('\r') ? unmarked.replace(/\r\n?/g, '\n') : unmarked;
    const control = controlAt(this.text);
    if (control >= 0) this.complain(control, `control character ${codePoint(this.text, control)}`);
  }

  /** `at` is an offset of `text`. */
  complain(at: number, message: string): void {
    this.#found.push({ at, message });
  }

  get clean(): boolean {
    return this.#found.length === 0;
  }

  /** In the order of the text. Lines are counted only here: a file without problems never pays for it. */
  get problems(): Problem[] {
    return this.#found
      .sort((a, b) => a.at - b.at)
      .map(({ at, message }) => ({
        file: this.file,
        line: this.lineOf(at),
        column: this.#columnOf(at),
        message,
      }));
  }

  lineOf(at: number): number {
    let line = 1;
    for (let end = this.text.indexOf('\n'); end >= 0 && end < at; end = this.text.indexOf('\n', end + 1))
      line++;
    return line;
  }

  #columnOf(at: number): number {
    return at === 0 ? 1 : at - this.text.lastIndexOf('\n', at - 1);
  }
}
