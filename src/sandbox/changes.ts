// What a new project changes against the live one, in the words of /v1/deploy.
import type { Datafile, Grant } from '../datafile/types.ts';
import type { Project, ProjectFile } from './project.ts';

export interface Feedback {
  readonly resource: string | null;
  readonly level: 'ERROR' | 'WARNING' | 'INFO';
  readonly message: string;
}

export interface Permission {
  readonly resource_name: string;
  readonly resource_type: 'datasource' | 'pipe';
  readonly permission: Grant['permission'];
}

export interface TokenChange {
  readonly token_name: string;
  readonly change_type: 'new' | 'changed' | 'deleted';
  readonly permission_changes: {
    readonly added_permissions: readonly Permission[];
    readonly removed_permissions: readonly Permission[];
  };
}

export interface DataMovement {
  readonly datasource_name: string;
  readonly kind: 'backfill_with_mv_queries' | 'backfill_with_forward_query' | 'copy_from_live';
  readonly source_mv_name?: string;
}

export interface Changes {
  readonly new_datasource_names: readonly string[];
  readonly changed_datasource_names: readonly string[];
  readonly deleted_datasource_names: readonly string[];
  readonly new_pipe_names: readonly string[];
  readonly changed_pipe_names: readonly string[];
  readonly deleted_pipe_names: readonly string[];
  readonly token_changes: readonly TokenChange[];
}

export const NO_CHANGES: Changes = {
  new_datasource_names: [],
  changed_datasource_names: [],
  deleted_datasource_names: [],
  new_pipe_names: [],
  changed_pipe_names: [],
  deleted_pipe_names: [],
  token_changes: [],
};

export function changesBetween(live: Project, next: Project): Changes {
  const datasources = diff(live.datasources, next.datasources);
  const pipes = diff(live.pipes, next.pipes);
  return {
    new_datasource_names: datasources.added,
    changed_datasource_names: datasources.changed,
    deleted_datasource_names: datasources.deleted,
    new_pipe_names: pipes.added,
    changed_pipe_names: pipes.changed,
    deleted_pipe_names: pipes.deleted,
    token_changes: tokenChanges(live, next),
  };
}

export const isEmpty = (changes: Changes): boolean =>
  Object.values(changes).every((names) => names.length === 0);

type Files = ReadonlyMap<string, ProjectFile>;

function diff(live: Files, next: Files): { added: string[]; changed: string[]; deleted: string[] } {
  const names = [...next.keys()];
  return {
    added: names.filter((name) => !live.has(name)).sort(),
    changed: names.filter((name) => differs(live.get(name), next.get(name))).sort(),
    deleted: [...live.keys()].filter((name) => !next.has(name)).sort(),
  };
}

/** TOKEN lines do not count: they are told in `token_changes`. */
function differs(a: ProjectFile | undefined, b: ProjectFile | undefined): boolean {
  if (a === undefined || b === undefined || a.text === b.text) return false;
  return contentOf(a.file) !== contentOf(b.file);
}

export const contentOf = (file: Datafile): string => JSON.stringify({ ...file, grants: [] });

function tokenChanges(live: Project, next: Project): TokenChange[] {
  const before = permissionsOf(live);
  const after = permissionsOf(next);
  const changes: TokenChange[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(name);
    const current = after.get(name);
    const added = [...(current ?? [])].filter(([key]) => !old?.has(key)).map(([, permission]) => permission);
    const removed = [...(old ?? [])]
      .filter(([key]) => !current?.has(key))
      .map(([, permission]) => permission);
    if (added.length + removed.length === 0) continue;
    changes.push({
      token_name: name,
      change_type: old === undefined ? 'new' : current === undefined ? 'deleted' : 'changed',
      permission_changes: { added_permissions: added, removed_permissions: removed },
    });
  }
  return changes.sort((a, b) => (a.token_name < b.token_name ? -1 : 1));
}

/** Token name to its permissions by key: what all TOKEN lines of a project say together. */
export function permissionsOf(project: Project): Map<string, Map<string, Permission>> {
  const tokens = new Map<string, Map<string, Permission>>();
  for (const { file } of [...project.datasources.values(), ...project.pipes.values()]) {
    for (const { token, permission } of file.grants) {
      const permissions = tokens.get(token) ?? new Map<string, Permission>();
      const key = `${file.kind} ${file.name} ${permission}`;
      permissions.set(key, { resource_name: file.name, resource_type: file.kind, permission });
      tokens.set(token, permissions);
    }
  }
  return tokens;
}
