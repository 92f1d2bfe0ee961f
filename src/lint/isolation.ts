// Whether rows of other tenants come out of what a tenant gets: its pipes, and the project's pipes that its tokens open.
import { lexemes } from '../datafile/lexemes.ts';
import type { Place } from '../model.ts';
import { filterFlaw } from '../privilege/filter.ts';
import type { Sql } from './files.ts';
import type { Findings, Found } from './finding.ts';
import { Flow, keyOf } from './flow.ts';
import type { Ground, Issued, Rendering } from './ground.ts';
import type { Read, Shared, Spot } from './relation.ts';
import { answerOf, isPipe, meaningIn, type Scene } from './scene.ts';
import { isName } from './sql/brackets.ts';
import { answersTo } from './switches.ts';
import { TEXTS, unfiltered } from './texts.ts';
import type { Way } from './ways.ts';

/** A node whose rows leave, and the token through which they do; null for none. */
export interface Root {
  readonly sql: Sql;
  readonly opened: Opened | null;
}

interface Opened {
  readonly issued: Issued;
  readonly nth: number;
}

const LEAVES: ReadonlySet<string> = new Set(['endpoint', 'materialized', 'copy', 'sink', 'stream']);

export function rootsOf(ground: Ground, { way, files, tokens }: Rendering): Root[] {
  const roots: Root[] = [];
  for (const issued of tokens) {
    for (const { scope, nth } of issued.scopes) {
      const file = files.get(scope.resource) ?? ground.project.get(scope.resource);
      const sql = scope.type === 'PIPES:READ' && file !== undefined && isPipe(file) ? answerOf(file) : null;
      const opened = { issued, nth };
      // A set may say why its tokens open what no filter and no parameter holds.
      const isWide = way.set.allowWide !== null && isUnheld(ground, opened, way);
      if (sql !== null && !(isWide && ground.project.has(scope.resource))) roots.push({ sql, opened });
    }
  }
  const opened = new Set(roots.map(({ sql }) => sql));
  for (const sql of [...files.values()].flatMap(({ sqls }) => sqls)) {
    if (LEAVES.has(sql.node.type) && !opened.has(sql)) roots.push({ sql, opened: null });
  }
  return roots;
}

/** One root, tried with all the answers that matter. */
export interface Trial {
  readonly flows: readonly { readonly flow: Flow; readonly reads: readonly Read[] }[];
  /** Every node that it may read. */
  readonly nodes: readonly Sql[];
}

export function tryRoot(ground: Ground, rendering: Rendering, { sql, opened }: Root): Trial {
  const meaning = meaningIn(ground, rendering.files);
  const { way } = rendering;
  const scene: Scene = {
    meaning,
    templated: ground.templated,
    ownsLiteral: (text) => ground.owns(way.tenant, text),
    own: fixedBy(ground, opened, way),
    filtered: filteredBy(ground, opened, way),
  };
  const nodes = nodesFrom(sql, scene);
  const atoms = nodes.flatMap((node) => ground.templated(node).atoms);
  const flows = answersTo(atoms).flatMap((answers) => {
    const flow = new Flow(scene, answers);
    const { reads } = flow.node(sql);
    return flow.fails ? [] : [{ flow, reads }];
  });
  return { flows, nodes };
}

const isUnheld = (ground: Ground, opened: Opened, way: Way): boolean =>
  fixedBy(ground, opened, way).size === 0 && filteredBy(ground, opened, way).size === 0;

/** Parameters that the token fixes to a value of the tenant alone. */
function fixedBy(ground: Ground, opened: Opened | null, { tenant }: Way): ReadonlySet<string> {
  const params = opened?.issued.token.scopes[opened.nth]?.fixedParams ?? {};
  if (ground.generation === 'classic') return new Set();
  const own = Object.entries(params).filter(
    ([, value]) => typeof value !== 'boolean' && ground.owns(tenant, value),
  );
  return new Set(own.map(([name]) => name));
}

/** On Classic a token's filters hold inside of pipes, too. */
function filteredBy(ground: Ground, opened: Opened | null, { tenant }: Way): ReadonlySet<string> {
  if (ground.generation === 'forward' || opened === null) return new Set();
  return new Set(
    opened.issued.scopes.flatMap(({ scope }) => {
      if (scope.type !== 'DATASOURCES:READ' || scope.filter === undefined) return [];
      const columns = new Set((ground.shared(scope.resource).columns ?? []).map(({ name }) => name));
      const flaw = filterFlaw(scope.filter, { columns, owns: (value) => ground.owns(tenant, value) });
      return flaw === null ? [scope.resource] : [];
    }),
  );
}

export function nodesFrom(start: Sql, scene: Scene): Sql[] {
  const nodes = new Set([start]);
  for (const sql of nodes) {
    const { text, holes } = scene.templated(sql);
    const names = lexemes(text).flatMap((lexeme) => (isName(lexeme) ? [lexeme.text] : []));
    for (const { named } of holes.values()) if (named !== null) names.push(named);
    for (const name of new Set(names)) {
      const meaning = scene.meaning(name, sql);
      if (meaning.kind === 'node') nodes.add(meaning.sql);
    }
  }
  return [...nodes];
}

/** Reads that some answers leave open, and SQL that is not understood. */
export function reportTrial(trial: Trial, ground: Ground, at: { findings: Findings; way: Way }): void {
  const held = new Map<string, Spot>();
  for (const { flow, reads } of trial.flows) {
    for (const [key, spot] of flow.held) held.set(key, spot);
    // A condition that would hold it, were the parameter not the caller's choice.
    for (const { spot, trouble } of reads)
      if (trouble?.kind === 'caller') held.set(keyOf(spot), trouble.spot);
  }
  for (const { flow, reads } of trial.flows) {
    for (const { sql, error } of flow.unread) {
      at.findings.add(
        { rule: 'unread', level: 'unsure', ...sql.at(error.at), ...TEXTS.unread(error.message) },
        [at.way],
      );
    }
    for (const read of reads) {
      const found = foundOf(read, held.get(keyOf(read.spot)) ?? null, ground);
      if (found !== null) at.findings.add(found, [at.way]);
    }
  }
}

function foundOf(read: Read, held: Spot | null, ground: Ground): Found | null {
  const { table, trouble, spot } = read;
  const isKnown = table.tenantColumns.size > 0;
  // A table without such a column, where others have one, holds nothing of a tenant's.
  if (!isKnown && ground.evidence.names.size > 0) return null;
  const column = [...table.tenantColumns][0] ?? 'tenant_id';
  if (trouble?.kind === 'or')
    return {
      rule: 'or-beside-filter',
      level: 'warning',
      ...placeOf(trouble.spot),
      ...TEXTS.or(table.name, column),
    };
  const branch = held === null || trouble !== null ? null : branchOf(held, ground);
  if (branch !== null)
    return { rule: 'optional-filter', level: 'warning', ...branch, ...TEXTS.optional(table.name, column) };
  const isUnsure = trouble?.kind === 'opaque' || !isKnown || table.file === null;
  const place = placeOf(trouble?.spot ?? spot);
  return {
    rule: 'unfiltered-table',
    level: isUnsure ? 'unsure' : 'warning',
    ...place,
    ...unfiltered(table, {
      column,
      trouble,
      isKnown,
      isOurs: !ground.project.has(spot.sql.file.datafile.name),
    }),
  };
}

const placeOf = ({ sql, at }: Spot): Place => sql.at(at);

/** Of the innermost `{% … %}` that a place stands behind. */
function branchOf({ sql, at }: Spot, ground: Ground): Place | null {
  const around = ground.templated(sql).branches.filter(({ from, to }) => from <= at && at < to);
  const inner = around.toSorted((a, b) => b.from - a.from)[0];
  return inner === undefined ? null : sql.at(inner.at);
}

/** Tables that anything of a tenant's reads. */
export const tablesOf = (trial: Trial): Shared[] =>
  trial.flows.flatMap(({ flow }) => [...flow.tables]).filter(({ tenantColumns }) => tenantColumns.size > 0);
