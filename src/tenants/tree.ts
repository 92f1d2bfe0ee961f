// What every form of the list (YAML, JSON, CSV) is read into: values that know where they stand and how they were written.
import { show } from './show.ts';

/** `at` counts UTF-16 units from the start of the file. */
export interface Scalar {
  readonly kind: 'scalar';
  readonly at: number;
  /** As written, without quotes and escapes. Empty when nothing was written. */
  readonly text: string;
  readonly quoted: boolean;
}
export interface List {
  readonly kind: 'list';
  readonly at: number;
  readonly items: readonly Node[];
}
export interface Mapping {
  readonly kind: 'mapping';
  readonly at: number;
  readonly entries: readonly Entry[];
}
export interface Entry {
  readonly key: string;
  readonly at: number;
  readonly value: Node;
}
export type Node = Scalar | List | Mapping;

/** Something wrong at a place of the text, before the place has a file. */
export interface Fault {
  readonly at: number;
  readonly message: string;
}

/** What a reader makes of a text. Without a root the faults say why; with one they are beside it. */
export interface Reading {
  readonly root: Node | null;
  readonly faults: readonly Fault[];
}

const NULL = /^(?:|~|null|Null|NULL)$/;
const TRUE = /^(?:true|True|TRUE)$/;
const FALSE = /^(?:false|False|FALSE)$/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Every decimal of so many digits survives the way into a double and back. */
const EXACT_DIGITS = 15;

/** True for `~`, `null` and nothing at all, unless quoted. */
export const isNull = ({ text, quoted }: Scalar): boolean => !quoted && NULL.test(text);

/**
 * The value of a variable. Only what JSON calls a number is one, and only if a double holds it exactly: `007`, `0x1F`
 * and numbers of 20 digits stay text, so that no digit is ever lost. The same in every format.
 */
export function typedValue(scalar: Scalar): string | number | boolean | null {
  const { text, quoted } = scalar;
  if (quoted) return text;
  if (isNull(scalar)) return null;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  if (!NUMBER.test(text)) return text;
  const number = Number(text);
  const digits = text.replace(/[eE].*$/, '').replace(/\D/g, '').length;
  const exact = String(number) === text || (digits <= EXACT_DIGITS && Number.isFinite(number));
  return exact ? number : text;
}

/** Every key that an earlier entry has already. */
export function repeatedKeys(entries: readonly Entry[]): Fault[] {
  const seen = new Set<string>();
  const faults: Fault[] = [];
  for (const { key, at } of entries) {
    if (seen.has(key)) faults.push({ at, message: `the key ${show(key)} stands here twice` });
    seen.add(key);
  }
  return faults;
}
