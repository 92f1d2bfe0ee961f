// Cuts the JSON text of a list into its items while it comes: an object, one of whose members is an array of them.

/** Whole items: their text in brackets is a JSON array. */
export interface Batch {
  /** Whose array they are in. */
  readonly member: string;
  /** With commas between them. */
  readonly text: string;
  /** The first of them is the array's first. */
  readonly starts: boolean;
  /** The last of them is the array's last. Only a batch that starts and ends may hold none. */
  readonly ends: boolean;
}

/** Characters from which on items are given. */
const BATCH = 64 * 1024;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Follows strings and brackets and judges nothing: each character is part of a batch or of the rest, or a comma between two
 * batches, so that whoever parses all of these finds whatever is wrong.
 */
export class Cutter {
  readonly #isList: (member: string) => boolean;
  readonly #batch: number;
  #depth = 0;
  #inString = false;
  /** A backslash at the end, whose character has not come. */
  #escape = '';
  /** Between its quotes, the last string among the members: the name of what follows it. */
  #name = '';
  #list: { readonly member: string; starts: boolean } | null = null;
  #items = '';
  #around = '';

  constructor(isList: (member: string) => boolean, batch = BATCH) {
    this.#isList = isList;
    this.#batch = batch;
  }

  /** Takes the next piece of text, and gives what is whole now. */
  add(piece: string): Batch[] {
    const text = this.#unescaped(piece);
    const batches: Batch[] = [];
    let from = 0;
    for (let at = this.#next(text, 0); at < text.length; at = this.#next(text, at + 1)) {
      const code = text.charCodeAt(at);
      if (this.#list === null) {
        if (code !== OPEN_ARRAY || !this.#begin()) continue;
        this.#around += text.slice(from, at + 1);
        from = at + 1;
      } else if (code === COMMA) {
        if (this.#items.length + at - from < this.#batch) continue;
        batches.push({ ...this.#list, text: this.#items + text.slice(from, at), ends: false });
        this.#list.starts = false;
        this.#items = '';
        from = at + 1;
      } else {
        batches.push({ ...this.#list, text: this.#items + text.slice(from, at), ends: true });
        this.#list = null;
        this.#items = '';
        from = at;
      }
    }
    if (this.#list === null) this.#around += text.slice(from);
    else this.#items += text.slice(from);
    return batches;
  }

  /** Characters that have not been given. */
  get held(): number {
    return this.#around.length + this.#items.length;
  }

  /** The text without the items, once all has come. */
  end(): string {
    return this.#around + this.#escape;
  }

  #unescaped(piece: string): string {
    const text = this.#escape + piece;
    this.#escape = isEscaped(text, text.length) ? '\\' : '';
    return this.#escape === '' ? text : text.slice(0, -1);
  }

  /** Whether the array that opens here is a list. */
  #begin(): boolean {
    const member = decoded(this.#name);
    if (member === null || !this.#isList(member)) return false;
    this.#list = { member, starts: true };
    return true;
  }

  /** From `at` on, where a member's array opens, or anything closes, or a comma stands, right among or below the members. */
  #next(text: string, at: number): number {
    let depth = this.#depth;
    let next = this.#inString ? this.#close(text, at) + 1 : at;
    scan: for (; next < text.length; next++) {
      switch (text.charCodeAt(next)) {
        case QUOTE:
          if (depth === 1) this.#name = '';
          this.#depth = depth;
          next = this.#close(text, next + 1);
          break;
        case OPEN_ARRAY:
          if (++depth === 2) break scan;
          break;
        case OPEN_OBJECT:
          depth++;
          break;
        case CLOSE_ARRAY:
        case CLOSE_OBJECT:
          if (--depth === 1) break scan;
          break;
        case COMMA:
          if (depth === 2) break scan;
      }
    }
    this.#depth = depth;
    return next;
  }

  /** Where the string closes that is open at `at`; the text's end where it goes on. */
  #close(text: string, at: number): number {
    const quote = quoteFrom(text, at);
    this.#inString = quote < 0;
    const end = quote < 0 ? text.length : quote;
    if (this.#depth === 1) this.#name += text.slice(at, end);
    return end;
  }
}

function quoteFrom(text: string, from: number): number {
  let quote = text.indexOf('"', from);
  while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote;
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

/** Null when it is no string. */
function decoded(name: string): string | null {
  try {
    return String(JSON.parse(`"${name}"`));
  } catch {
    return null;
  }
}
