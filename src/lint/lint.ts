// Reads what a fleet's sets and project come to, and says where one tenant's rows are not held apart from another's.
import type { Generation } from '../model.ts';
import type { Sources } from '../sources.ts';
import type { Sql } from './files.ts';
import { type Finding, Findings } from './finding.ts';
import { type Ground, groundOf, type Rendering } from './ground.ts';
import { reportTrial, rootsOf, tablesOf, tryRoot } from './isolation.ts';
import { keyFindings } from './keys.ts';
import { parameterFindings, scopeFindings } from './scopes.ts';
import { Unreadable } from './sql/brackets.ts';
import { sqlLexemes } from './templating.ts';
import { TEXTS } from './texts.ts';
import { reportViews } from './views.ts';
import type { Way } from './ways.ts';

export type { Finding } from './finding.ts';

/** By file and line. Sets that no tenant has are not looked at; what a plan refuses anyway may be missing. */
export function lint(sources: Sources, generation: Generation): Finding[] {
  const ground = groundOf(sources, generation);
  const findings = new Findings();
  const copies = copyOf(ground);
  const readers = new Map<Sql, Set<Way>>();
  for (const rendering of ground.renderings) lintWay(ground, rendering, { findings, copies, readers });
  const ways = ground.renderings.map(({ way }) => way);
  reportViews(ground, null, { findings, ways });
  for (const { sqls } of ground.project.values()) {
    for (const sql of sqls) reportQuotes(ground, sql, { findings, ways: readers.get(sql) ?? [] });
  }
  for (const [set, tenants] of ground.left) {
    const { file = set.name } = set.files[0] ?? {};
    const said = TEXTS.ways(set.name, tenants);
    const all = ways.filter((way) => way.set === set);
    findings.add({ rule: 'unread', level: 'unsure', file, line: 1, column: 1, ...said }, all);
  }
  return findings.all();
}

interface Notes {
  readonly findings: Findings;
  readonly copies: string | null;
  /** Who reads a node. */
  readonly readers: Map<Sql, Set<Way>>;
}

function lintWay(ground: Ground, rendering: Rendering, { findings, copies, readers }: Notes): void {
  const { way, files, tokens } = rendering;
  for (const root of rootsOf(ground, rendering)) {
    const trial = tryRoot(ground, rendering, root);
    reportTrial(trial, ground, { findings, way });
    for (const found of parameterFindings(ground, root, { trial, way })) findings.add(found, [way]);
    for (const table of new Set(tablesOf(trial))) {
      for (const found of keyFindings(table)) findings.add(found, [way]);
    }
    for (const sql of trial.nodes) readers.set(sql, (readers.get(sql) ?? new Set()).add(way));
  }
  for (const issued of tokens) {
    for (const found of scopeFindings(ground, issued, { way, copies })) findings.add(found, [way]);
  }
  reportViews(ground, rendering, { findings, ways: [way] });
  for (const { sqls } of files.values()) {
    for (const sql of sqls) reportQuotes(ground, sql, { findings, ways: [way] });
  }
}

/** A value of Tinybird's inside of a text or a quoted name. */
function reportQuotes(ground: Ground, sql: Sql, at: { findings: Findings; ways: Iterable<Way> }): void {
  const { text, holes } = ground.templated(sql);
  try {
    for (const lexeme of sqlLexemes(text)) {
      if (lexeme.kind !== 'text' && lexeme.kind !== 'name') continue;
      for (const hole of holes.values()) {
        if (hole.at < lexeme.at || hole.at >= lexeme.end) continue;
        const said = TEXTS.quoted(hole.parameter ?? '…');
        at.findings.add({ rule: 'quoted-parameter', level: 'warning', ...sql.at(hole.at), ...said }, at.ways);
      }
    }
  } catch (error) {
    // Whoever reads the query says so.
    if (!(error instanceof Unreadable)) throw error;
  }
}

/** A copy pipe of the project, or the words for one of a tenant's; null when there is none. */
function copyOf({ project, renderings }: Ground): string | null {
  const isCopy = (sql: Sql) => sql.node.type === 'copy';
  const shared = [...project.values()].find(({ sqls }) => sqls.some(isCopy));
  if (shared !== undefined) return shared.datafile.name;
  const own = renderings.find(({ files }) => [...files.values()].some(({ sqls }) => sqls.some(isCopy)));
  return own === undefined ? null : `of the set ${own.way.set.name}`;
}
