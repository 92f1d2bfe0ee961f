// The conditions of Tinybird's template statements, as far as their answer follows from which parameters a caller gives.
import { lexemes } from '../datafile/lexemes.ts';
import { bracket, byCommas, type Lexemes, outside, split, symbolOf, unwrapped } from './sql/brackets.ts';

/** What a caller decides: by name, such as `defined(tenant)`, and for whatever else is asked by its text. */
export type Answers = (atom: string) => boolean;

export interface Switch {
  readonly atoms: readonly string[];
  readonly isOn: (answers: Answers) => boolean;
}

export const ALWAYS: Switch = { atoms: [], isOn: () => true };

const textOf = (sql: Lexemes): string => sql.map(({ text }) => text).join(' ');
/** Python's words are in small letters, and so are ours. */
const isWord = (word: string) => (lexeme: Lexemes[number] | undefined) =>
  lexeme?.kind === 'word' && lexeme.text === word;

/** Of `defined(x) and not y`: what stands behind `if`, `elif` or `while`. */
export const readSwitch = (condition: string): Switch => switchOf(lexemes(condition));

function switchOf(condition: Lexemes): Switch {
  for (const word of ['or', 'and'] as const) {
    const parts = split(condition, isWord(word));
    if (parts.length === 1) continue;
    const switches = parts.map(switchOf);
    const atoms = switches.flatMap((part) => part.atoms);
    return word === 'or'
      ? { atoms, isOn: (answers) => switches.some((part) => part.isOn(answers)) }
      : { atoms, isOn: (answers) => switches.every((part) => part.isOn(answers)) };
  }
  if (isWord('not')(condition[0])) {
    const { atoms, isOn } = switchOf(condition.slice(1));
    return { atoms, isOn: (answers) => !isOn(answers) };
  }
  const inner = unwrapped(condition);
  if (inner !== null) return switchOf(inner);
  const atom = definedOf(condition) ?? textOf(condition);
  return { atoms: [atom], isOn: (answers) => answers(atom) };
}

/** `defined(x)` and `defined('x')` are one. */
function definedOf(condition: Lexemes): string | null {
  if (!isWord('defined')(condition[0]) || symbolOf(condition[1]) !== '(') return null;
  const { inner, next } = bracket(condition, 1);
  const [parameter] = byCommas(inner)[0] ?? [];
  return next === condition.length && parameter !== undefined
    ? `defined(${parameter.value ?? parameter.text})`
    : null;
}

const FEW = 5;

/**
 * Sets of answers that show what each one alone opens or closes: all sets for a few questions, and for many none, all, each
 * one alone, and all but each one.
 */
export function answersTo(atoms: readonly string[]): Answers[] {
  const all = [...new Set(atoms)];
  if (all.length <= FEW) {
    return Array.from(
      { length: 2 ** all.length },
      (_, bits) => (atom) => ((bits >> all.indexOf(atom)) & 1) === 1,
    );
  }
  return [
    () => false,
    () => true,
    ...all.flatMap((one): Answers[] => [(atom) => atom === one, (atom) => atom !== one]),
  ];
}

/** Whether nothing stands outside of brackets but one call. */
export const isCall = (expression: Lexemes): boolean => outside(expression).length === 2;
