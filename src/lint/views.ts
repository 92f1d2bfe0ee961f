// What is wrong with a view that every insert into a shared table runs: `*`, and casts that can throw.

import { castsIn, type Named } from './casts.ts';
import type { File, Sql } from './files.ts';
import type { Findings } from './finding.ts';
import { Flow } from './flow.ts';
import type { Ground, Rendering } from './ground.ts';
import { nodesFrom } from './isolation.ts';
import { meaningIn, type Scene } from './scene.ts';
import { Unreadable } from './sql/brackets.ts';
import { type Query, readQuery, type Select } from './sql/query.ts';
import { sqlLexemes } from './templating.ts';
import { TEXTS } from './texts.ts';
import type { Way } from './ways.ts';

/** `rendering` is null for a view of the project, which concerns all ways. */
export function reportViews(
  ground: Ground,
  rendering: Rendering | null,
  at: { findings: Findings; ways: readonly Way[] },
): void {
  const files: ReadonlyMap<string, File> = rendering?.files ?? new Map();
  const scene: Scene = {
    meaning: meaningIn(ground, files),
    templated: ground.templated,
    ownsLiteral: () => false,
    own: new Set(),
    filtered: new Set(),
  };
  const shown = rendering === null ? ground.project : files;
  const views = [...shown.values()].flatMap(({ sqls }) =>
    sqls.filter(({ node }) => node.type === 'materialized'),
  );
  for (const view of views) {
    const flow = new Flow(scene, () => false);
    const { star } = flow.node(view);
    if (star !== null) {
      const columns = star.table.columns?.map(({ name }) => name) ?? [];
      const place = star.spot.sql.at(star.spot.at);
      at.findings.add(
        { rule: 'star-from-landing', level: 'warning', ...place, ...TEXTS.star(star.table.name, columns) },
        at.ways,
      );
    }
    const types = new Map(
      [...flow.tables].flatMap((table) => (table.columns ?? []).map(({ name, type }) => [name, type])),
    );
    for (const sql of nodesFrom(view, scene)) reportCasts(sql, types, at);
  }
}

function reportCasts(
  sql: Sql,
  types: ReadonlyMap<string, string>,
  at: { findings: Findings; ways: readonly Way[] },
): void {
  try {
    const lexemes = sqlLexemes(sql.text);
    const aliases = new Map(selectsIn(readQuery(lexemes)).flatMap((select) => [...select.aliases]));
    const named: Named = (name) => {
      const type = types.get(name);
      if (type !== undefined && type !== '') return { type };
      const expression = aliases.get(name);
      return expression === undefined || expression.length === 0 ? null : { expression };
    };
    for (const cast of castsIn(lexemes, named)) {
      const said = TEXTS.cast(cast.name, cast.instead);
      at.findings.add({ rule: 'throwing-cast', level: cast.level, ...sql.at(cast.at), ...said }, at.ways);
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    at.findings.add(
      { rule: 'unread', level: 'unsure', ...sql.at(error.at), ...TEXTS.unread(error.message) },
      at.ways,
    );
  }
}

const selectsIn = (query: Query): Select[] => [
  ...query.arms.flatMap((arm) =>
    'arms' in arm ? selectsIn(arm) : [arm, ...arm.inner.flatMap(selectsIn), ...ofSources(arm)],
  ),
  ...[...query.ctes.values(), ...query.inner].flatMap(selectsIn),
];

const ofSources = ({ sources }: Select): Select[] =>
  sources.flatMap(({ target }) => (target.kind === 'query' ? selectsIn(target.query) : []));
