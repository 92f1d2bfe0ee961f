// A query cut into what decides whose rows come out of it: tables, conditions, and the columns that it gives.
import {
  bracket,
  byCommas,
  isName,
  isQuery,
  type Lexemes,
  outside,
  symbolOf,
  Unreadable,
  unwrapped,
  wordOf,
} from './brackets.ts';
import { type Clause, clauses, endsOperand } from './clauses.ts';
import { readSources, type Source } from './from.ts';

export interface Query {
  readonly ctes: ReadonlyMap<string, Query>;
  /** They may read themselves. */
  readonly isRecursive: boolean;
  /** One, or those of a UNION, INTERSECT or EXCEPT. */
  readonly arms: readonly (Select | Query)[];
  /** Queries inside of expressions that stand beside the arms. */
  readonly inner: readonly Query[];
}

export interface Select {
  readonly items: readonly Item[];
  readonly sources: readonly Source[];
  /** PREWHERE, WHERE and HAVING. */
  readonly conditions: readonly Lexemes[];
  /** Names given to expressions, by `expression AS name` anywhere and by WITH. */
  readonly aliases: ReadonlyMap<string, Lexemes>;
  readonly inner: readonly Query[];
  readonly lexemes: Lexemes;
}

export interface Item {
  readonly expression: Lexemes;
  readonly alias: string | null;
  readonly at: number;
}

export function readQuery(sql: Lexemes): Query {
  const whole = unwrapped(sql);
  if (whole !== null) return readQuery(whole);
  const { ctes, scalars, rest } = readWith(sql);
  const arms = setParts(rest).map((part): Select | Query => {
    if (wordOf(part[0]) === 'WITH' || unwrapped(part) !== null) return readQuery(part);
    return symbolOf(part[0]) === '(' ? readQuery(bracket(part, 0).inner) : readSelect(part, scalars);
  });
  const isRecursive = wordOf(sql[1]) === 'RECURSIVE';
  return { ctes, isRecursive, arms, inner: scalars.flatMap(({ expression }) => queriesIn(expression)) };
}

function readWith(sql: Lexemes): { ctes: Map<string, Query>; scalars: Item[]; rest: Lexemes } {
  const ctes = new Map<string, Query>();
  const scalars: Item[] = [];
  if (wordOf(sql[0]) !== 'WITH') return { ctes, scalars, rest: sql };
  const start = wordOf(sql[1]) === 'RECURSIVE' ? 2 : 1;
  const body = outside(sql).find((at) => at > start && /^(?:SELECT|FROM)$/.test(wordOf(sql[at])));
  if (body === undefined) throw new Unreadable(sql[0]?.at ?? 0, 'its WITH has no SELECT');
  for (const part of byCommas(sql.slice(start, body))) {
    const as = outside(part).find((at) => wordOf(part[at]) === 'AS') ?? -1;
    const defined = unwrapped(part.slice(as + 1));
    const [name] = part;
    if (isName(name) && defined !== null && isQuery(defined)) ctes.set(name.text, readQuery(defined));
    else scalars.push(itemOf(part));
  }
  return { ctes, scalars, rest: sql.slice(body) };
}

const SETS = /^(?:UNION|INTERSECT|EXCEPT)$/;

/** `* EXCEPT (a)` is none. */
function setParts(sql: Lexemes): Lexemes[] {
  const parts: Lexemes[] = [];
  let start = 0;
  for (const at of outside(sql)) {
    if (!SETS.test(wordOf(sql[at]))) continue;
    const next = /^(?:ALL|DISTINCT)$/.test(wordOf(sql[at + 1])) ? at + 2 : at + 1;
    if (!isQuery(sql.slice(next))) continue;
    parts.push(sql.slice(start, at));
    start = next;
  }
  return [...parts, sql.slice(start)];
}

function readSelect(sql: Lexemes, scalars: readonly Item[]): Select {
  const parts = clauses(sql);
  const all = (clause: Clause) => parts.filter((part) => part.clause === clause).map(({ body }) => body);
  const items = all('SELECT').flatMap((body) => byCommas(withoutDistinct(body)).map(itemOf));
  const sources = all('FROM').flatMap(readSources);
  const [unknown] = sql;
  if (parts[0]?.clause !== 'SELECT' && parts[0]?.clause !== 'FROM')
    throw new Unreadable(unknown?.at ?? 0, 'it is not a SELECT');
  const elsewhere = [...all('SELECT'), ...all('CONDITION'), ...all('REST'), ...sources.map(({ on }) => on)];
  return {
    items,
    sources,
    conditions: all('CONDITION'),
    aliases: aliasesIn([...scalars, ...items], elsewhere),
    inner: elsewhere.flatMap(queriesIn),
    lexemes: sql,
  };
}

const withoutDistinct = (sql: Lexemes): Lexemes => {
  if (wordOf(sql[0]) !== 'DISTINCT') return sql;
  return wordOf(sql[1]) === 'ON' && symbolOf(sql[2]) === '(' ? sql.slice(bracket(sql, 2).next) : sql.slice(1);
};

function itemOf(sql: Lexemes): Item {
  const at = sql[0]?.at ?? 0;
  const last = sql.at(-1);
  const before = sql.at(-2);
  if (!isName(last) || before === undefined) return { expression: sql, alias: null, at };
  if (wordOf(before) === 'AS') return { expression: sql.slice(0, -2), alias: last.text, at };
  const isAlias = endsOperand(before) && symbolOf(before) !== '*' && wordOf(last) !== 'END';
  return isAlias
    ? { expression: sql.slice(0, -1), alias: last.text, at }
    : { expression: sql, alias: null, at };
}

/** A name that is given inside of an expression stands for something that is not read here: it has no lexemes. */
function aliasesIn(items: readonly Item[], elsewhere: readonly Lexemes[]): Map<string, Lexemes> {
  const aliases = new Map<string, Lexemes>();
  for (const sql of elsewhere) {
    for (let at = 0; at < sql.length; at++) {
      const lexeme = sql[at];
      if (isInnerQuery(sql, at)) at = bracket(sql, at).next - 1;
      else if (wordOf(sql[at - 1]) === 'AS' && isName(lexeme)) aliases.set(lexeme.text, []);
    }
  }
  for (const { alias, expression } of items) if (alias !== null) aliases.set(alias, expression);
  return aliases;
}

const DEEPEST = 40;
const isInnerQuery = (sql: Lexemes, at: number): boolean =>
  symbolOf(sql[at]) === '(' && isQuery(sql.slice(at + 1, at + DEEPEST));

/** Queries in brackets, wherever in an expression. */
export function queriesIn(sql: Lexemes): Query[] {
  const found: Query[] = [];
  for (let at = 0; at < sql.length; at++) {
    if (!isInnerQuery(sql, at)) continue;
    const { inner, next } = bracket(sql, at);
    found.push(readQuery(inner));
    at = next - 1;
  }
  return found;
}
