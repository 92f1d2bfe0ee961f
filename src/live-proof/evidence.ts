// Which columns say whose a row is, surely enough to take a deployment back: a name alone, `customer_id`, is often about something else.
import type { Tenant } from '../model.ts';
import { type Evidence, evidenceIn } from '../verify/columns.ts';
import { comparisons } from '../verify/comparisons.ts';
import type { Ground } from '../verify/ground.ts';

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
