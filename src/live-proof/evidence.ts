// Which columns say whose a row is, surely enough to take a deployment back: a name alone, `customer_id`, is often about something else.
import * as z from 'zod';
import type { Tenant } from '../model.ts';
import { sqlLiteral, sqlName } from '../templates/places.ts';
import type { Ask } from '../tinybird/asking.ts';
import { whole } from '../tinybird/whole.ts';
import { isAnswered } from '../verify/ask.ts';
import { type Evidence, evidenceIn, tenantColumns } from '../verify/columns.ts';
import { comparisons } from '../verify/comparisons.ts';
import type { Ground } from '../verify/ground.ts';
import { sqlQuestion, type Where } from './reads.ts';
import { jsonOf } from './same.ts';

/** Columns that the team's own SQL, or a token's filter, compares with what is one tenant's; parameters that stand for it. */
export function comparedIn(ground: Ground): Evidence {
  const evidence = evidenceIn(ground);
  const values = new Set(ground.tenants.flatMap((tenant) => textsOf(ground, tenant)));
  const fixed = fixedIn(ground);
  const all = textsIn(ground).flatMap(comparisons);
  const columns = new Set(
    all.flatMap(({ column, values: said, params }) =>
      said.some((value) => values.has(value)) || params.some((name) => fixed.has(name)) ? [column] : [],
    ),
  );
  const params = new Set(all.flatMap(({ column, params: names }) => (columns.has(column) ? names : [])));
  return {
    ...evidence,
    columns: new Map([...evidence.columns].filter(([name]) => columns.has(name))),
    params: new Map([...evidence.params].filter(([name]) => fixed.has(name) || params.has(name))),
  };
}

const Named = z.object({ data: z.tuple([z.object({ n: whole })]) });
/** Of a query that has room for few. */
const MOST_NAMES = 50;
const MOST_TABLES = 20;

/**
 * And columns that are only called like one, where rows name at least two tenants in them: SQL that has lost its filter
 * compares nothing any more.
 */
export async function evidenceFor(ask: Ask, ground: Ground, where: Where): Promise<Evidence> {
  const compared = comparedIn(ground);
  const columns = new Map(compared.columns);
  const called = evidenceIn(ground);
  const names = new Set(ground.tenants.flatMap(({ id, slug }) => [id, slug]));
  const list = [...names].slice(0, MOST_NAMES).map(sqlLiteral).join(', ');
  const shared = [...ground.datasources.values()].filter(({ tenant }) => tenant === null);
  for (const { datafile } of shared.slice(0, MOST_TABLES)) {
    if (tenantColumns(datafile, { columns }).length > 0) continue;
    const [likely] = tenantColumns(datafile, called).filter(({ weak }) => !weak);
    if (likely === undefined || list === '') continue;
    const text = `toString(${sqlName(likely.name)})`;
    const sql = `SELECT uniqExactIf(${text}, ${text} IN (${list})) AS n FROM ${sqlName(datafile.name)}`;
    const about = { resource: datafile.name, owner: null, wants: 'own' as const, where };
    const answer = await ask(sqlQuestion(sql, about).path, null);
    const named = Named.safeParse(jsonOf(answer.text));
    if (isAnswered(answer) && named.success && named.data.data[0].n > 1)
      columns.set(likely.name, ['id', 'slug']);
  }
  return { ...compared, columns };
}

const textsOf = ({ owns }: Ground, tenant: Tenant): string[] =>
  [tenant.id, tenant.slug, ...Object.values(tenant.vars)].flatMap((value) =>
    (typeof value === 'string' || typeof value === 'number') && owns(tenant, value) ? [String(value)] : [],
  );

/** Parameters that tokens fix to something of their tenant. */
const fixedIn = ({ tokens, owns }: Ground): ReadonlySet<string> =>
  new Set(
    tokens.flatMap(({ tenant, token }) =>
      token.scopes.flatMap(({ fixedParams = {} }) =>
        Object.entries(fixedParams).flatMap(([name, value]) => (owns(tenant, String(value)) ? [name] : [])),
      ),
    ),
  );

const textsIn = ({ pipes, tokens }: Ground): string[] => [
  ...new Set([
    ...[...pipes.values()].flatMap(({ datafile }) => datafile.nodes.map(({ sql }) => sql)),
    ...tokens.flatMap(({ token }) => token.scopes.flatMap(({ filter }) => filter ?? [])),
  ]),
];
