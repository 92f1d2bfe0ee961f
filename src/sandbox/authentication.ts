// Who asks: from the token of a request to its workspace and to what it may do.
import type { Scope } from '../model.ts';
import { permissionsOf } from './changes.ts';
import type { Project } from './project.ts';
import { type Access, type AccessScope, SandboxError } from './state.ts';
import { invalidToken, scopesOfJwt, verifyJwt, workspaceOfJwt } from './token-values.ts';
import {
  adminToken,
  type Deployment,
  isOfFiles,
  liveOf,
  otherOf,
  type StoredToken,
  type Workspace,
} from './workspace.ts';
import type { World } from './world.ts';

export interface Caller {
  readonly workspace: Workspace;
  /** The deployment asked for; the live one unless `__tb__deployment` says otherwise. */
  readonly deployment: Deployment;
  readonly access: Access;
}

/** Whose token it is, before anything is asked of it. */
export interface Bearer {
  readonly workspace: Workspace;
  /** A JWT has no id: nothing is kept of it. */
  readonly token: { readonly id: string; readonly name: string };
  /** Requests a second. */
  readonly rps: number | null;
  readonly accessIn: (deployment: Deployment) => Access;
}

/** Throws 403 for a value that is nobody's, 429 for a JWT beyond its `limits.rps`. */
export const authenticate = (world: World, value: string, wanted: string | undefined): Caller =>
  admit(world, bearerOf(world, value), wanted);

/** Throws 403 for a value that is nobody's. */
export function bearerOf(world: World, value: string): Bearer {
  const jwtWorkspace = world.workspaces.get(workspaceOfJwt(value) ?? '');
  if (jwtWorkspace !== undefined) return bearerOfJwt(world, jwtWorkspace, value);
  for (const workspace of world.workspaces.values()) {
    const token = findToken(workspace, value);
    if (token === undefined) continue;
    return { workspace, token, rps: null, accessIn: ({ project }) => accessOf(token, project) };
  }
  throw invalidToken(value);
}

function bearerOfJwt(world: World, workspace: Workspace, value: string): Bearer {
  const claims = verifyJwt(value, adminToken(workspace).value, world.now());
  const limit = claims.limits?.rps ?? 0;
  const rps = limit > 0 ? limit : null;
  const access: Access = {
    kind: 'scoped',
    name: claims.name,
    via: 'jwt',
    // Classic knows no other kind in a JWT, whoever signed it.
    scopes: scopesOfJwt(claims).filter(
      ({ type }) => type === 'PIPES:READ' || workspace.generation === 'forward',
    ),
    operations: [],
    rps,
  };
  return { workspace, token: { id: '', name: claims.name }, rps, accessIn: () => access };
}

/** Throws 429 for a JWT beyond its `limits.rps`, 404 for a deployment that is not there. */
export function admit(world: World, bearer: Bearer, wanted: string | undefined): Caller {
  const { workspace, token, rps, accessIn } = bearer;
  if (rps !== null) world.rates.spend(`${workspace.id}/${token.name}`, rps);
  const deployment = deploymentOf(workspace, wanted);
  return { workspace, deployment, access: accessIn(deployment) };
}

function findToken(workspace: Workspace, value: string): StoredToken | undefined {
  const [payload = ''] = value.split('.').slice(1);
  if (!Buffer.from(payload, 'base64url').toString().includes(workspace.id)) return undefined;
  return tokensByValue(workspace).get(value);
}

const indexes = new WeakMap<Workspace, Map<string, StoredToken>>();

function tokensByValue(workspace: Workspace): ReadonlyMap<string, StoredToken> {
  let index = indexes.get(workspace);
  if (index === undefined) {
    const tokens = [...workspace.fileTokens.values(), ...workspace.apiTokens.values()];
    index = new Map(tokens.map((token) => [token.value, token]));
    indexes.set(workspace, index);
  }
  return index;
}

/** To be called after a change of many of a workspace's tokens. */
export function forgetTokenIndex(workspace: Workspace): void {
  indexes.delete(workspace);
}

/** To be called after the change of one: from now on the value of `before` is nobody's unless `after` has it too. */
export function reindexToken(
  workspace: Workspace,
  { before, after }: { readonly before: StoredToken | null; readonly after: StoredToken | null },
): void {
  const index = indexes.get(workspace);
  if (before !== null) index?.delete(before.value);
  if (after !== null) index?.set(after.value, after);
}

function accessOf(token: StoredToken, project: Project): Access {
  const { name, operations } = token;
  if (operations.includes('ADMIN')) return { kind: 'admin', name };
  if (operations.length > 0 && token.scopes.length === 0) return { kind: 'operational', name, operations };
  const scopes = isOfFiles(token)
    ? (scopesOfProject(project).get(name) ?? [])
    : token.scopes.map(({ type, id, filter }) => ({
        type,
        resource: id,
        ...(filter === undefined ? {} : { filter }),
      }));
  return { kind: 'scoped', name, via: 'static', scopes, operations, rps: null };
}

const scopesByProject = new WeakMap<Project, ReadonlyMap<string, readonly Scope[]>>();

/** What the TOKEN lines of a project give to each token. */
export function scopesOfProject(project: Project): ReadonlyMap<string, readonly Scope[]> {
  let scopes = scopesByProject.get(project);
  if (scopes === undefined) {
    scopes = new Map(
      [...permissionsOf(project)].map(([name, permissions]) => [
        name,
        [...permissions.values()].map(({ resource_name, resource_type, permission }): Scope => {
          const type =
            resource_type === 'pipe'
              ? 'PIPES:READ'
              : permission === 'READ'
                ? 'DATASOURCES:READ'
                : 'DATASOURCES:APPEND';
          return { type, resource: resource_name };
        }),
      ]),
    );
    scopesByProject.set(project, scopes);
  }
  return scopes;
}

function deploymentOf(workspace: Workspace, wanted: string | undefined): Deployment {
  const live = liveOf(workspace);
  if (wanted === undefined || wanted === live.id) return live;
  const other = otherOf(workspace);
  const ready = other?.status === 'data_ready' && (wanted === 'staging' || wanted === other.id);
  if (other === undefined || !ready) throw new SandboxError(404, `Deployment '${wanted}' not found`);
  return other;
}

/** Whether an operation (a scope without resource, e.g. `TOKENS`) is open to the bearer. */
export const may = (access: Access, ...operations: readonly string[]): boolean =>
  access.kind === 'admin' || operations.some((operation) => access.operations.includes(operation));

/** Whether the bearer has a scope of one of these types on the resource. */
export const opens = (
  access: Access,
  { id, file }: { readonly id: string; readonly file: { readonly name: string } },
  ...types: readonly AccessScope['type'][]
): boolean =>
  access.kind === 'scoped' &&
  access.scopes.some(
    ({ type, resource }) => types.includes(type) && (resource === file.name || resource === id),
  );
