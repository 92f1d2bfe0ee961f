// A node's SQL with Tinybird's template in it: its values, its branches, and the SQL that a set of answers leaves.
import { type Lexeme, lexemes } from '../datafile/lexemes.ts';
import { bracket, byCommas, HOLE, type Lexemes, symbolOf, Unreadable } from './sql/brackets.ts';
import { ALWAYS, type Answers, isCall, readSwitch, type Switch } from './switches.ts';

/** A `{{ }}`. */
export interface Hole {
  readonly at: number;
  readonly end: number;
  /** The parameter whose value it is, and nothing else; null when it is something else. */
  readonly parameter: string | null;
  /** The only thing it names, in quotes: `{{table('events')}}`. */
  readonly named: string | null;
  /** Every word in it. */
  readonly words: ReadonlySet<string>;
  /** Whoever gets there gets an error, and no rows. */
  readonly fails: boolean;
}

/** What stands between two statements of an `if` or a loop. */
export interface Branch {
  /** Of the statement that opens it. */
  readonly at: number;
  readonly from: number;
  to: number;
  readonly isOn: (answers: Answers) => boolean;
}

export interface Templated {
  readonly holes: ReadonlyMap<number, Hole>;
  readonly branches: readonly Branch[];
  readonly atoms: readonly string[];
  /** As long as the SQL: values are holes, everything else of Tinybird's is blank. */
  readonly text: string;
  /** Why its branches are not understood; null when they are. */
  readonly broken: Unreadable | null;
}

const TAG = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/g;

/** Without a `%` at its start, braces are SQL. */
export function readTemplated(sql: string): Templated {
  const reading = new Reading();
  if (!/^\s*%/.test(sql)) return { ...reading.found, text: sql, broken: null };
  try {
    const text = sql.replace(/%/, ' ').replace(TAG, (tag, at: number) => reading.tag(tag, at));
    reading.end();
    return { ...reading.found, text, broken: null };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ...reading.found, text: '', broken: error };
  }
}

interface Open {
  readonly at: number;
  /** The switches of the branches before; an `else` is on when none of them was. */
  readonly before: Switch[];
  readonly outer: Branch | null;
}

class Reading {
  readonly #holes = new Map<number, Hole>();
  readonly #branches: Branch[] = [];
  readonly #atoms: string[] = [];
  readonly #sets = new Map<string, string>();
  readonly #open: Open[] = [];
  #branch: Branch | null = null;

  tag(tag: string, at: number): string {
    const body = tag.slice(2, -2).trim();
    if (tag.startsWith('{{')) {
      this.#holes.set(at, holeOf(body, { at, end: at + tag.length }, this.#sets));
      return HOLE.padEnd(tag.length);
    }
    if (tag.startsWith('{%'))
      this.#statement(body.replace(/^-|-$/g, '').trim(), { at, end: at + tag.length });
    return ' '.repeat(tag.length);
  }

  get found(): Pick<Templated, 'holes' | 'branches' | 'atoms'> {
    return { holes: this.#holes, branches: this.#branches, atoms: this.#atoms };
  }

  end(): void {
    const [open] = this.#open;
    if (open !== undefined) throw new Unreadable(open.at, 'its {% … %} has no {% end %}');
  }

  #statement(body: string, place: { at: number; end: number }): void {
    const [, word = '', rest = ''] = /^(\w+)\s*([\s\S]*)$/.exec(body) ?? [];
    switch (word) {
      case 'if':
      case 'while':
      case 'for':
      case 'try':
        this.#open.push({ at: place.at, before: [], outer: this.#branch });
        // How often a loop runs is the caller's choice, like an answer.
        this.#enter(place, word === 'try' ? ALWAYS : readSwitch(word === 'for' ? `"${body}"` : rest));
        return;
      case 'elif':
        this.#enter(place, readSwitch(rest));
        return;
      case 'else':
      case 'except':
      case 'finally':
        this.#enter(place, ALWAYS);
        return;
      case 'end':
        this.#leave(place);
        this.#branch = this.#open.pop()?.outer ?? null;
        return;
      case 'set':
        this.#set(rest);
    }
  }

  #enter(place: { at: number; end: number }, own: Switch): void {
    const open = this.#open.at(-1);
    if (open === undefined) throw new Unreadable(place.at, 'its {% … %} has no {% if %}');
    if (open.before.length > 0) this.#leave(place);
    const before = [...open.before];
    const { outer } = open;
    open.before.push(own);
    this.#atoms.push(...own.atoms);
    this.#branch = {
      at: place.at,
      from: place.end,
      to: place.end,
      isOn: (answers) =>
        (outer?.isOn(answers) ?? true) && own.isOn(answers) && !before.some((one) => one.isOn(answers)),
    };
    this.#branches.push(this.#branch);
  }

  #leave({ at }: { at: number }): void {
    if (this.#branch === null) throw new Unreadable(at, 'its {% end %} has no {% if %}');
    this.#branch.to = at;
  }

  #set(assignment: string): void {
    const cut = assignment.indexOf('=');
    if (cut > 0) this.#sets.set(assignment.slice(0, cut).trim(), assignment.slice(cut + 1));
  }
}

const VALUES =
  /^(?:String|Boolean|bool|DateTime64|DateTime|Date|Float\d+|Int|Integer|U?Int\d+|UUID|Array|split_to_array)$/;
const FAILS = /^(?:error|custom_error)$/;

function holeOf(body: string, place: { at: number; end: number }, sets: ReadonlyMap<string, string>): Hole {
  const expression = lexemes(sets.get(body) ?? body);
  const words = new Set(expression.filter(({ kind }) => kind === 'word').map(({ text }) => text));
  const [callee] = expression;
  const argument = isCall(expression) && symbolOf(expression[1]) === '(' ? argumentOf(expression) : null;
  const isValue = argument !== null && VALUES.test(callee?.text ?? '');
  return {
    ...place,
    parameter: isValue ? (argument.value ?? argument.text) : null,
    named: argument?.value ?? null,
    words,
    fails: FAILS.test(callee?.text ?? ''),
  };
}

/** The first argument, when it is one word or text. */
function argumentOf(call: Lexemes): Lexeme | null {
  const [first, ...more] = byCommas(bracket(call, 1).inner)[0] ?? [];
  const isOne = more.length === 0 && (first?.kind === 'word' || first?.kind === 'text');
  return isOne && first !== undefined ? first : null;
}

/** The SQL with the branches that these answers leave, all offsets kept. Throws an Unreadable. */
export function withAnswers({ text, branches, broken }: Templated, answers: Answers): string {
  if (broken !== null) throw broken;
  let sql = text;
  for (const { from, to, isOn } of branches) {
    if (!isOn(answers)) sql = sql.slice(0, from) + ' '.repeat(to - from) + sql.slice(to);
  }
  return sql;
}

/** Without comments. Throws an Unreadable for what this lexer and ClickHouse's may read in two ways. */
export function sqlLexemes(sql: string): Lexeme[] {
  const all = lexemes(sql).filter(({ kind }) => kind !== 'comment');
  for (const [nth, { kind, text, at, end }] of all.entries()) {
    const next = all[nth + 1];
    if (kind === 'odd' && /['"`$\\]/.test(text)) throw new Unreadable(at, 'a quote stays open in it');
    if (text === '/' && next?.at === end && /^[/*]$/.test(next.text))
      throw new Unreadable(at, 'it has a comment inside of a comment, or // for one');
  }
  return all;
}
