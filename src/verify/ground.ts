// What is put to the test: the tenants, the files and the tokens that an apply would make for them.
import type { Datafile, Datasource, Pipe } from '../datafile/types.ts';
import { unwrap } from '../errors.ts';
import type { Generation, Tenant, Token } from '../model.ts';
import { type Owns, ownership } from '../privilege/owners.ts';
import { declaredOf, type Sources } from '../sources.ts';

export interface File<Kind extends Datafile = Datafile> {
  readonly datafile: Kind;
  /** Null: all tenants share it. */
  readonly tenant: Tenant | null;
}

export interface Held {
  readonly tenant: Tenant;
  readonly role: string;
  readonly token: Token;
}

export interface Ground {
  readonly generation: Generation;
  /** All that are not removed, in the order of the list: a tenant's place is its mark. */
  readonly tenants: readonly Tenant[];
  readonly datasources: ReadonlyMap<string, File<Datasource>>;
  readonly pipes: ReadonlyMap<string, File<Pipe>>;
  readonly tokens: readonly Held[];
  /** Whether a value is one tenant's and nobody else's. */
  readonly owns: Owns;
}

/** Throws a Stop that shows every problem of the list, the sets and the project. */
export function groundOf(sources: Sources, generation: Generation, only: ReadonlySet<string> | null): Ground {
  const isChosen = ({ id }: Tenant): boolean => only === null || only.has(id);
  const { files, tokens, fleet } = unwrap(declaredOf(sources, generation));
  const chosen = files.filter(({ tenant }) => tenant === null || isChosen(tenant));
  const datasources = new Map<string, File<Datasource>>();
  const pipes = new Map<string, File<Pipe>>();
  for (const { datafile, tenant } of chosen) {
    if (datafile.kind === 'pipe') pipes.set(datafile.name, { datafile, tenant });
    else datasources.set(datafile.name, { datafile, tenant });
  }
  return {
    generation,
    tenants: fleet.tenants.filter((tenant) => tenant.state !== 'removed' && isChosen(tenant)),
    datasources,
    pipes,
    tokens: tokens.filter(({ tenant }) => isChosen(tenant)),
    owns: ownership(fleet.tenants),
  };
}

/** Of a pipe's nodes, and of those of every pipe whose name stands in them. */
export function sqlBehind({ pipes }: Ground, pipe: Pipe): string[] {
  const reached = new Set([pipe]);
  // A set goes on with what is added while it is walked.
  for (const { nodes } of reached) {
    for (const word of nodes.flatMap(({ sql }) => sql.match(/\w+/g) ?? [])) {
      const other = pipes.get(word);
      if (other !== undefined) reached.add(other.datafile);
    }
  }
  return [...reached].flatMap(({ nodes }) => nodes.map(({ sql }) => sql));
}

/** Names of the data sources that views fill: what is put into the others reaches these by itself. */
export function filledByViews({ pipes }: Ground): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { datafile } of pipes.values()) {
    for (const { type, settings } of datafile.nodes) {
      const target = settings.find(({ command }) => command === 'DATASOURCE')?.value;
      if (type === 'materialized' && target !== undefined) names.add(target);
    }
  }
  return names;
}
