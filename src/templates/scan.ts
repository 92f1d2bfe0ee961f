// The first pass over a template: tells Tinybird's own braces from Handlebars', hides the former, refuses what could be either.
import { DROPPED, hide } from './spans.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Something wrong with one place of a template. Lines and columns count from 1. */
export interface Flaw extends Position {
  readonly message: string;
}

export interface Scanned {
  /** What Handlebars may see: as long as the source, with every verbatim span hidden. */
  readonly text: string;
  readonly flaws: readonly Flaw[];
  /** Names that `{% for %}` and `{% set %}` bind, by node. */
  readonly bound: readonly { readonly name: string; readonly node: number }[];
  /** The lines on which nodes start. */
  readonly nodeLines: readonly number[];
}

export const OUTPUTS = ['sql', 'ident', 'text', 'resource'] as const;
export const BLOCKS = ['if', 'unless', 'each'] as const;
const OURS: ReadonlySet<string> = new Set([...OUTPUTS, ...BLOCKS, 'else']);

const NEXT_OPENER = /\\*\{\{|\{%|\{#/g;
/** No braces, brackets or backslashes, and whole strings: so Handlebars ends the tag where we do. */
const TAG = /^(?:[^{}[\]"'\\]|"[^{}"\\]*"|'[^{}'\\]*')*\}\}/;
const CONTROL = /(?![\n\t])\p{Cc}/u;
const MARKER = '[tinybird-tenants ';
const NO_TILDE = 'eats line breaks, which datafiles need: remove the ~';

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/^\{/, '{{{ }}} inserts a value as it is: write {{sql x}}, {{ident x}} or {{text x}}'],
  [/^&/, '{{& }} inserts a value as it is: write {{sql x}}, {{ident x}} or {{text x}}'],
  [/^>/, '{{> }} includes another file, which templates cannot: use `extends` in set.yaml'],
  [/^\*/, '{{* }} is a decorator, which templates cannot have'],
  [/^\^(?!\s*\}\})/, '{{^ }} is not supported: write {{else}} or {{#unless x}}'],
  [/^~/, `{{~ ${NO_TILDE}`],
  [/^!(?!--)/, 'a comment is written {{!-- like this --}}'],
];

/** An opener that cannot stay; the pass goes on `length` characters later. */
class Slip extends Error {
  readonly length: number;
  constructor(message: string, length = 2) {
    super(message);
    this.length = length;
  }
}

/** One pass from left to right; what comes first decides. */
export function scan(source: string): Scanned {
  const pass = new Pass(source.replace(/^\ufeff/, '').replaceAll('\r\n', '\n'));
  pass.run();
  return pass;
}

class Pass implements Scanned {
  text = '';
  readonly flaws: Flaw[] = [];
  readonly bound: { name: string; node: number }[] = [];
  readonly nodeLines: number[];
  readonly #source: string;
  readonly #lineStarts: number[];
  #done = 0;

  constructor(source: string) {
    this.#source = source;
    this.#lineStarts = [0, ...[...source.matchAll(/\n/g)].map((found) => found.index + 1)];
    this.nodeLines = [...source.matchAll(/^NODE\s/gim)].map((found) => this.#position(found.index).line);
  }

  run(): void {
    const control = CONTROL.exec(this.#source);
    if (control !== null) {
      this.#flaw(control.index, `control character ${codePoint(control[0])} in a template`);
      return;
    }
    const marker = this.#source.indexOf(MARKER);
    if (marker >= 0) this.#flaw(marker, `"${MARKER}" marks what is ours: a template may not write it`);
    for (let opener = this.#next(); opener !== null; opener = this.#next()) {
      this.#take(opener.index - this.#done);
      try {
        this.#open(opener[0]);
      } catch (error) {
        if (!(error instanceof Slip)) throw error;
        this.#flaw(this.#done, error.message);
        this.#done += error.length;
      }
    }
    this.#take(this.#source.length - this.#done);
  }

  #next(): RegExpExecArray | null {
    NEXT_OPENER.lastIndex = this.#done;
    return NEXT_OPENER.exec(this.#source);
  }

  #take(length: number): void {
    this.text += this.#source.slice(this.#done, this.#done + length);
    this.#done += length;
  }

  #open(opener: string): void {
    if (opener === '{%') this.#statement();
    else if (opener === '{#') this.#verbatim('#}');
    else if (opener === '{{') this.#tag();
    else if (opener === '\\{{') this.#escaped();
    else {
      const message =
        'more than one backslash before {{ can mean two things: write one, for a verbatim {{ }}';
      throw new Slip(message, opener.length);
    }
  }

  #escaped(): void {
    this.text += DROPPED;
    this.#done += 1;
    this.#verbatim('}}');
  }

  #statement(): void {
    const rest = this.#source.slice(this.#done);
    const [, looped, assigned] = /^\{%-?\s*(?:for\s+(.+?)\s+in\b|set\s+([^=]+?)\s*=)/.exec(rest) ?? [];
    const node = nodeAt(this.nodeLines, this.#position(this.#done).line);
    for (const name of (looped ?? assigned ?? '').split(',')) this.bound.push({ name: name.trim(), node });
    this.#verbatim('%}');
  }

  #tag(): void {
    const inside = this.#source.slice(this.#done + 2);
    const forbidden = FORBIDDEN.find(([form]) => form.test(inside));
    if (forbidden !== undefined) throw new Slip(forbidden[1]);
    const call = /^\s*([A-Za-z_]\w*)\(/.exec(inside)?.[1];
    if (call !== undefined && OURS.has(call)) {
      throw new Slip(`{{${call}( looks like a call of Tinybird's: write {{${call} x}}, with a blank`);
    }
    if (inside.startsWith('!--')) this.#comment(inside);
    else if (call !== undefined) this.#verbatim('}}');
    else this.#handlebars(inside);
  }

  #handlebars(inside: string): void {
    const tag = TAG.exec(inside)?.[0];
    if (tag === undefined)
      throw new Slip(
        'this {{ is not closed, or holds a brace, bracket or backslash; for a verbatim {{ write \\{{',
      );
    if (tag.endsWith('~}}')) throw new Slip(`~}} ${NO_TILDE}`);
    this.#take(2 + tag.length);
  }

  #comment(inside: string): void {
    const end = /--(~?)\}\}/.exec(inside);
    if (end === null) throw new Slip('this {{!-- has no --}}');
    if (end[1] === '~') throw new Slip(`--~}} ${NO_TILDE}`);
    this.#take(2 + end.index + end[0].length);
  }

  #verbatim(close: string): void {
    const start = this.#done;
    const end = this.#source.indexOf(close, start + 2) + close.length;
    if (end < start + 2) throw new Slip(`this ${this.#source.slice(start, start + 2)} has no ${close}`);
    const span = this.#source.slice(start, end);
    const nested = span.indexOf('{{', 2);
    if (nested >= 0) {
      this.#flaw(
        start + nested,
        'a {{ inside what Tinybird evaluates: put the value outside, or in a parameter',
      );
    }
    this.text += hide(span);
    this.#done = end;
  }

  #flaw(offset: number, message: string): void {
    this.flaws.push({ ...this.#position(offset), message });
  }

  #position(offset: number): Position {
    const line = this.#lineStarts.findLastIndex((start) => start <= offset);
    return { line: line + 1, column: offset - (this.#lineStarts[line] ?? 0) + 1 };
  }
}

/** Which node a line belongs to: 0 is what comes before the first. */
export const nodeAt = (nodeLines: readonly number[], line: number): number =>
  nodeLines.filter((start) => start <= line).length;

export const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
