// Follows rows from shared tables through queries, nodes and pipes, for one set of a caller's answers.
import type { Sql } from './files.ts';
import { Holding, type Joined, type Judge, type Owner } from './hold.ts';
import { type Output, outputOf } from './output.ts';
import {
  everyRow,
  NOTHING,
  type Read,
  type Relation,
  type Shared,
  type Spot,
  united,
  worse,
} from './relation.ts';
import type { Scene } from './scene.ts';
import { HOLE, Unreadable } from './sql/brackets.ts';
import type { Source, Target } from './sql/from.ts';
import { type Query, readQuery, type Select } from './sql/query.ts';
import type { Value } from './sql/where.ts';
import type { Answers } from './switches.ts';
import { type Hole, sqlLexemes, withAnswers } from './templating.ts';

interface Scope {
  readonly sql: Sql;
  readonly holes: ReadonlyMap<number, Hole>;
  readonly ctes: ReadonlyMap<string, () => Relation>;
}

/** Functions that make their rows themselves, or of a query that is read here too. */
const ROWLESS = /^(?:numbers|numbers_mt|zeros|zeros_mt|values|generateseries|generate_series|format|view)$/i;

export class Flow {
  readonly #scene: Scene;
  readonly #answers: Answers;
  readonly #known = new Map<Sql, Relation>();
  /** Where reads were held, by place of the read. */
  readonly held = new Map<string, Spot>();
  /** Every table that was read. */
  readonly tables = new Set<Shared>();
  /** Words in the values that are left. */
  readonly words = new Set<string>();
  readonly unread: { readonly sql: Sql; readonly error: Unreadable }[] = [];
  /** With these answers there is an error, and no row. */
  fails = false;

  constructor(scene: Scene, answers: Answers) {
    this.#scene = scene;
    this.#answers = answers;
  }

  node(sql: Sql): Relation {
    const known = this.#known.get(sql);
    if (known !== undefined) return known;
    // A circle of nodes has no rows.
    this.#known.set(sql, NOTHING);
    const relation = this.#read(sql);
    this.#known.set(sql, relation);
    return relation;
  }

  #read(sql: Sql): Relation {
    try {
      const templated = this.#scene.templated(sql);
      const text = withAnswers(templated, this.#answers);
      const holes = new Map([...templated.holes].filter(([at]) => text[at] === HOLE));
      const lexemes = sqlLexemes(text);
      for (const { at, words, fails } of holes.values()) {
        // Also in a comment, where a value is not used.
        this.fails ||= fails;
        if (!lexemes.some((lexeme) => lexeme.at <= at && at < lexeme.end)) continue;
        for (const word of words) this.words.add(word);
      }
      return this.#query(readQuery(lexemes), { sql, holes, ctes: new Map() });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.unread.push({ sql, error });
      return NOTHING;
    }
  }

  #query(query: Query, outer: Scope): Relation {
    // One that has the name of a table may read that table: each knows those before it.
    let scope = outer;
    for (const [name, cte] of query.ctes) {
      const before = query.isRecursive
        ? { ...scope, ctes: new Map([...scope.ctes, [name, () => NOTHING]]) }
        : scope;
      let relation: Relation | null = null;
      const rows = () => {
        relation ??= this.#query(cte, before);
        return relation;
      };
      scope = { ...scope, ctes: new Map([...scope.ctes, [name, rows]]) };
    }
    const arms = query.arms.map((arm) =>
      'arms' in arm ? this.#query(arm, scope) : this.#select(arm, scope),
    );
    const whole = united(arms);
    return { ...whole, reads: [...whole.reads, ...this.#inner(query.inner, scope)] };
  }

  /** What comes out of queries in expressions cannot be held any more. */
  #inner(queries: readonly Query[], scope: Scope): Read[] {
    return queries.flatMap((query) =>
      this.#query(query, scope).reads.map((read) => ({ ...read, carriers: new Set<string>() })),
    );
  }

  #select(select: Select, scope: Scope): Relation {
    const sources = select.sources.map((source): Joined => {
      return { ...source, relation: this.#source(source, scope) };
    });
    const judge: Judge = {
      ownerOf: (value) => this.#ownerOf(value, scope),
      spot: (at) => ({ sql: scope.sql, at }),
    };
    const holding = new Holding(select, sources, judge);
    const output = outputOf(select, sources, holding);
    const reads = sources.flatMap(({ relation }, nth) =>
      relation.reads.flatMap((read) => this.#unheld(read, { nth, holding, output })),
    );
    return { ...output, reads: [...reads, ...this.#inner(select.inner, scope)] };
  }

  #unheld(read: Read, at: { nth: number; holding: Holding; output: Output }): Read[] {
    const { nth, holding, output } = at;
    for (const column of read.carriers) {
      const spot = holding.held(nth, column);
      if (spot === null) continue;
      this.held.set(keyOf(read.spot), spot);
      return [];
    }
    const carriers = new Set([...read.carriers].flatMap((column) => output.named(nth, column)));
    return [{ ...read, carriers, trouble: worse(read.trouble, holding.trouble(nth, read.carriers)) }];
  }

  #source({ target, at }: Source, scope: Scope): Relation {
    const spot = { sql: scope.sql, at };
    switch (target.kind) {
      case 'query':
        return this.#query(target.query, scope);
      case 'table':
        return scope.ctes.get(target.name)?.() ?? this.#table(target.name, spot);
      case 'computed':
        return this.#computed(target, spot, scope);
    }
  }

  #computed(target: Extract<Target, { kind: 'computed' }>, spot: Spot, scope: Scope): Relation {
    const named = scope.holes.get(spot.at)?.named;
    if (named !== undefined && named !== null) return this.#table(named, spot);
    if (!ROWLESS.test(target.name)) {
      const name = target.name === HOLE ? 'a table that only its parameters name' : `${target.name}()`;
      return this.#table(name, spot);
    }
    const [only, ...more] = target.inner.map((query) => this.#query(query, scope));
    return only !== undefined && more.length === 0 ? only : NOTHING;
  }

  #table(name: string, spot: Spot): Relation {
    const meaning = this.#scene.meaning(name, spot.sql);
    switch (meaning.kind) {
      case 'node':
        return this.node(meaning.sql);
      case 'own':
        return { reads: [], fixed: meaning.fixed, columns: meaning.columns, star: null };
      case 'shared': {
        const { table } = meaning;
        this.tables.add(table);
        const rows = everyRow(table, spot);
        return this.#scene.filtered.has(name) ? { ...rows, reads: [], fixed: table.tenantColumns } : rows;
      }
    }
  }

  #ownerOf(value: Value, { holes }: Scope): Owner {
    if (value.kind === 'literal') {
      if (value.text === null) return 'unknown';
      return this.#scene.ownsLiteral(value.text) ? 'own' : 'other';
    }
    const parameter = holes.get(value.at)?.parameter ?? null;
    if (parameter === null) return 'unknown';
    return this.#scene.own.has(parameter) ? 'own' : { parameter };
  }
}

export const keyOf = ({ sql, at }: Spot): string => {
  const { file, line, column } = sql.at(at);
  return `${file}:${line}:${column}`;
};
