// Which columns say whose row it is: those that SQL and token filters compare with what is one tenant's alone.
import { lexemes } from '../datafile/lexemes.ts';
import { isHole, isName, type Lexemes, symbolOf, Unreadable, wordOf } from './sql/brackets.ts';
import { type Hole, sqlLexemes, type Templated } from './templating.ts';

/** `id`: the tenant's id or slug; `unique`: a variable that tells it from all others. */
export type Strength = 'id' | 'unique';

export interface Compared {
  readonly text: (value: string) => Strength | null;
  readonly parameter: (name: string) => Strength | null;
}

export class Evidence {
  readonly #columns: Record<Strength, Set<string>> = { id: new Set(), unique: new Set() };

  /** Of a row filter. */
  filter(sql: string, compared: Compared): void {
    this.#scan(lexemes(sql), new Map(), compared);
  }

  node({ text, holes }: Templated, compared: Compared): void {
    try {
      this.#scan(sqlLexemes(text), holes, compared);
    } catch (error) {
      // Whoever reads the query says so.
      if (!(error instanceof Unreadable)) throw error;
    }
  }

  /** Of a table with such columns; an id counts more than a variable, and the head of the sorting key more than all. */
  tenantColumns(columns: Iterable<string>, sortingKey: readonly string[]): ReadonlySet<string> {
    const all = [...columns];
    for (const strength of ['id', 'unique'] as const) {
      const found = all.filter((name) => this.#columns[strength].has(name));
      const [head = ''] = sortingKey;
      if (found.includes(head)) return new Set([head]);
      if (found.length > 0) return new Set(found);
    }
    return new Set();
  }

  /** Every one that is known. */
  get names(): ReadonlySet<string> {
    return this.#columns.id.size > 0 ? this.#columns.id : this.#columns.unique;
  }

  #scan(sql: Lexemes, holes: ReadonlyMap<number, Hole>, compared: Compared): void {
    const strengthAt = (at: number): Strength | null => {
      const lexeme = sql[at];
      if (lexeme?.kind === 'text') return compared.text(lexeme.value ?? '');
      if (lexeme?.kind === 'number') return compared.text(lexeme.text);
      if (!isHole(lexeme)) return null;
      const parameter = holes.get(lexeme?.at ?? -1)?.parameter ?? null;
      return parameter === null ? null : compared.parameter(parameter);
    };
    for (const [at, lexeme] of sql.entries()) {
      const isIn = wordOf(lexeme) === 'IN';
      if (!/^==?$/.test(symbolOf(lexeme)) && !isIn) continue;
      // Behind a bracket or a cast: toUUID('…').
      const behind = [at + 1, at + 2, at + 3].find(
        (next) => strengthAt(next) !== null && isOpened(sql, at, next),
      );
      this.#note(sql[at - 1], behind === undefined ? null : strengthAt(behind), isIn);
      const after = symbolOf(sql[at + 2]) === '.' ? sql[at + 3] : sql[at + 1];
      this.#note(after, strengthAt(at - 1), isIn);
    }
  }

  /** A list of values that only one tenant has is no sign: it may be all that it may see. */
  #note(column: Lexemes[number] | undefined, strength: Strength | null, isIn: boolean): void {
    if (strength === null || !isName(column) || (isIn && strength === 'unique')) return;
    this.#columns[strength].add(column.text);
  }
}

/** Nothing but a bracket and the name of a function stands between. */
const isOpened = (sql: Lexemes, at: number, value: number): boolean =>
  sql.slice(at + 1, value).every((lexeme) => symbolOf(lexeme) === '(' || isName(lexeme));
