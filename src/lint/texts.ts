// What each rule says: the reason, and the corrected form. Names of tables, columns and parameters only, no value.
import type { Shared, Trouble } from './relation.ts';

export interface Said {
  readonly message: string;
  readonly instead: string | null;
}

const said = (message: string, instead: string | null): Said => ({ message, instead });

export const TEXTS = {
  optional: (table: string, column: string) =>
    said(
      `the condition on ${column} stands inside of a {% … %}: a request without the parameter gets every tenant's rows of ${table}`,
      `before the {% if %}: AND ${column} = {{String(tenant, required=True)}}`,
    ),
  or: (table: string, column: string) =>
    said(
      `an OR stands beside the condition on ${column}: rows of ${table} that meet the other side come out, whoever's they are`,
      `${column} = … AND (… OR …)`,
    ),
  quoted: (parameter: string) =>
    said(
      `{{…(${parameter})}} brings its own quotes: in quotes its value ends the text and becomes SQL`,
      "without the quotes around {{ }}; for a part of a text concat('…', {{ }})",
    ),
  unused: (parameter: string, pipe: string) =>
    said(
      `the token fixes ${parameter}, but no SQL of ${pipe} uses it: it holds nothing back`,
      `tenant_id = {{String(${parameter}, required=True)}} in the pipe, or no such parameter`,
    ),
  optionalParameter: (parameter: string, pipe: string) =>
    said(
      `the token fixes ${parameter}, but ${pipe} uses it only inside of {% if %}: any other token opens all rows`,
      `{{String(${parameter}, required=True)}} outside of every {% if %}`,
    ),
  star: (table: string, columns: readonly string[]) =>
    said(
      `this view takes * from ${table}: a column that is added there does not fit the table that the view fills`,
      columns.length === 0 ? 'name each column' : `SELECT ${columns.join(', ')}`,
    ),
  sorting: (table: string, column: string, key: readonly string[] | null) =>
    said(
      key === null
        ? `${table} names no sorting key: whether it starts with ${column} is left to Tinybird`
        : `the sorting key of ${table} does not start with ${column}: every read of one tenant reads the rows of all`,
      `ENGINE_SORTING_KEY "${[column, ...(key ?? []).filter((name) => name !== column)].join(', ')}"`,
    ),
  partition: (table: string, column: string) =>
    said(
      `the partition key of ${table} is made of ${column}: an insert with more than 100 of its values is refused`,
      `ENGINE_PARTITION_KEY by time, and ${column} first in ENGINE_SORTING_KEY`,
    ),
  copies: (pipe: string) =>
    said(
      `a static token with PIPES:READ can also start copy pipes, of which there is one (${pipe}), whatever its scopes are`,
      'kind: jwt',
    ),
  quarantine: (table: string) =>
    said(
      `DATASOURCES:READ on ${table}, which tenants share, opens its quarantine too, where rows of all tenants lie`,
      'PIPES:READ of an endpoint on it, with the tenant in fixed_params',
    ),
  cast: (name: string, instead: string) =>
    said(
      `${name} throws on a row that does not fit, and one such row of one tenant stops the ingest of all`,
      instead,
    ),
  unread: (why: string) => said(`this SQL cannot be judged: ${why}`, null),
  ways: (set: string, tenants: number) =>
    said(`the set ${set} comes out in too many ways: for ${tenants} tenants it was not looked at`, null),
} as const;

interface Open {
  readonly column: string;
  readonly trouble: Trouble | null;
  /** Whether any table's column is known to say whose row it is. */
  readonly isKnown: boolean;
  /** Of a set, where Handlebars writes values. */
  readonly isOurs: boolean;
}

export function unfiltered(table: Shared, { column, trouble, isKnown, isOurs }: Open): Said {
  const { name, file } = table;
  const filter = isOurs ? `${column} = {{sql id}}` : `${column} = {{String(tenant, required=True)}}`;
  if (!isKnown)
    return said(
      `no condition says whose rows of ${name} these are, and nothing in sets and project tells which column does`,
      null,
    );
  switch (trouble?.kind) {
    case 'caller':
      return said(
        `${column} of ${name} is compared with the parameter ${trouble.parameter}, which the caller chooses: no token fixes it to the tenant`,
        `fixed_params: { ${trouble.parameter}: '{{text id}}' } in the token`,
      );
    case 'value':
      return said(`${column} of ${name} is compared with what is not a value of this tenant alone`, filter);
    case 'opaque':
      return said(
        `whether this condition holds ${name} to one tenant's rows cannot be decided`,
        `${filter} beside it`,
      );
    case 'or':
    case undefined:
      return file === null
        ? said(`no condition holds ${name}, which the project does not declare, to one tenant's rows`, filter)
        : said(
            `no condition of its own holds ${name}, which tenants share, to one tenant's rows here`,
            filter,
          );
  }
}
