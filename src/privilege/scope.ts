// What one scope of a tenant's token opens beyond the tenant's own.
import type { Datafile, Pipe } from '../datafile/types.ts';
import { assertNever } from '../errors.ts';
import type { Generation, Scope, Tenant, Token } from '../model.ts';
import { show } from '../templates/places.ts';
import { filterFlaw } from './filter.ts';
import { type Owns, ownership } from './owners.ts';
import { type Reading, reader } from './reads.ts';

/** A datafile and whose it is: null is the project's, which all tenants share. */
export interface Declared {
  readonly datafile: Datafile;
  readonly tenant: Tenant | null;
}

export interface Granted {
  readonly token: Token;
  readonly tenant: Tenant;
}

interface Held extends Granted {
  /** Why each scope on a shared data source lets other rows in; null when it does not. */
  readonly flaws: ReadonlyMap<Scope, string | null>;
}

export interface Excess {
  /** The same for every tenant of a set, e.g. `the shared data source events for writing`. */
  readonly opens: string;
  readonly why: string;
  readonly instead: string;
  /** Another tenant's: no reason allows it. */
  readonly always?: true;
}

/** Whatever does not depend on the token, found once. */
export interface Ground {
  readonly files: ReadonlyMap<string, Declared>;
  readonly owns: Owns;
  readonly read: (pipe: Pipe) => Reading;
  /** Of each shared data source. */
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>;
  readonly generation: Generation;
}

interface Known {
  readonly files: ReadonlyMap<string, Declared>;
  readonly tenants: readonly Tenant[];
  readonly generation: Generation;
}

export function groundOf({ files, tenants, generation }: Known): Ground {
  const columns = new Map<string, ReadonlySet<string>>();
  for (const { datafile, tenant } of files.values()) {
    if (tenant !== null || datafile.kind === 'pipe') continue;
    columns.set(datafile.name, new Set(datafile.columns.map(({ name }) => name)));
  }
  let owns: Owns | null = null;
  // Where every token opens only its tenant's own, nobody asks.
  const owning: Owns = (tenant, value) => {
    owns ??= ownership(tenants);
    return owns(tenant, value);
  };
  return { files, owns: owning, read: reader(files), columns, generation };
}

/**
 * Every scope that is neither the tenant's own nor held to the tenant's rows. What nothing declares is not judged: it is
 * refused for that.
 */
export function excesses(granted: Granted, ground: Ground): { scope: Scope; excess: Excess }[] {
  const { scopes } = granted.token;
  const flaws = new Map(
    scopes.map((scope) => [
      scope,
      scope.type === 'DATASOURCES:READ' ? rowsFlaw(scope, granted, ground) : null,
    ]),
  );
  const held: Held = { ...granted, flaws };
  return scopes.flatMap((scope) => {
    const excess = excessOf(scope, held, ground);
    return excess === null ? [] : [{ scope, excess }];
  });
}

function excessOf(scope: Scope, held: Held, ground: Ground): Excess | null {
  const declared = ground.files.get(scope.resource);
  const kind = scope.type === 'PIPES:READ' ? 'pipe' : 'datasource';
  const what = `${kind === 'pipe' ? 'pipe' : 'data source'} ${scope.resource}`;
  if (declared?.datafile.kind !== kind) return null;
  const { tenant: owner, datafile } = declared;
  if (owner?.id === held.tenant.id) return null;
  if (owner !== null) {
    return {
      opens: `the ${what} of tenant ${show(owner.id)}`,
      why: "a token opens its own tenant's resources and shared ones",
      instead: 'Name the tenant’s own with (resource "role")',
      always: true,
    };
  }
  if (datafile.kind === 'pipe') return pipeExcess(datafile, scope, held, ground);
  return sourceExcess(`the shared ${what}`, scope, held);
}

function sourceExcess(shared: string, scope: Scope, held: Held): Excess | null {
  if (scope.type === 'DATASOURCES:APPEND') {
    return {
      opens: `${shared} for writing`,
      why: "whoever writes there can write any tenant's rows",
      instead: 'Let it write to a data source of the tenant’s own',
    };
  }
  const flaw = held.flaws.get(scope) ?? null;
  if (flaw === null) return null;
  return {
    opens: `${shared} without a filter for one tenant`,
    why: flaw,
    instead: 'Give the scope a `filter` such as tenant_id = {{sql id}}',
  };
}

function rowsFlaw({ resource, filter }: Scope, { tenant }: Granted, ground: Ground): string | null {
  const columns = ground.columns.get(resource);
  if (columns === undefined) return null;
  if (filter === undefined) return 'the scope has no filter';
  return filterFlaw(filter, { columns, owns: (value) => ground.owns(tenant, value) });
}

function pipeExcess(pipe: Pipe, scope: Scope, held: Held, ground: Ground): Excess | null {
  const reading = ground.read(pipe);
  const isOthers = (name: string) => ground.files.get(name)?.tenant?.id !== held.tenant.id;
  if (reading.unknown === null && !reading.sources.values().some(isOthers)) return null;
  switch (ground.generation) {
    case 'forward':
      return parameterExcess(pipe, scope, held, ground);
    case 'classic':
      return filteredExcess(pipe, held, ground);
    default:
      return assertNever(ground.generation);
  }
}

function parameterExcess(pipe: Pipe, scope: Scope, { tenant }: Held, ground: Ground): Excess | null {
  const own = Object.entries(scope.fixedParams ?? {})
    .filter(([, value]) => typeof value !== 'boolean' && ground.owns(tenant, value))
    .map(([name]) => name);
  const { params } = ground.read(pipe);
  if (own.some((name) => params.has(name))) return null;
  return {
    opens: `the shared pipe ${pipe.name} without a parameter fixed to one tenant`,
    why:
      own.length === 0
        ? 'none of its `fixed_params` is a value of this tenant alone'
        : `the pipe takes no parameter ${own.join(' or ')}`,
    instead:
      "Write `kind: jwt` and fix the pipe's parameter, such as `fixed_params: { tenant: '{{text id}}' }`",
  };
}

/** On Classic an API token fixes no parameters; its filters hold in the pipes that read what they filter. */
function filteredExcess(pipe: Pipe, held: Held, ground: Ground): Excess | null {
  const shared = `the shared pipe ${pipe.name}`;
  const { sources, unknown } = ground.read(pipe);
  if (unknown !== null) {
    return {
      opens: `${shared}, which reads ${unknown}`,
      why: 'the project does not declare that, so no filter holds it to the tenant',
      instead: "Add it to the folder given by `project`, or give the tenant's set a pipe of its own",
    };
  }
  for (const name of sources) {
    const owner = ground.files.get(name)?.tenant ?? null;
    if (owner?.id === held.tenant.id) continue;
    if (owner !== null) {
      return {
        opens: `${shared}, which reads the data source ${name} of tenant ${show(owner.id)}`,
        why: 'a Classic token cannot keep it from those rows',
        instead: "Give the tenant's set a pipe of its own",
      };
    }
    const filters = held.token.scopes.filter(
      ({ type, resource }) => type === 'DATASOURCES:READ' && resource === name,
    );
    if (filters.some((filter) => held.flaws.get(filter) === null)) continue;
    return {
      opens: `${shared}, which reads ${name} without a filter for one tenant`,
      why: `a Classic token fixes no parameters, and this one has no filter on ${name} that holds it to the tenant`,
      instead: `Add the scope \`type: DATASOURCES:READ, resource: ${name}, filter: tenant_id = {{sql id}}, generation: classic\``,
    };
  }
  return null;
}
