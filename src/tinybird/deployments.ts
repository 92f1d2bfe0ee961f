// Deployments as the API shows them: status, lists of names, changes of tokens, feedback on files.
import * as z from 'zod';
import type { Redact } from '../redact.ts';
import type { Client } from './http.ts';
import type { Deployment, DeploymentNames, FileMessage, Permission, Phase, TokenChange } from './ports.ts';

const names = z.array(z.string()).nullish();
const text = z.string().nullish();

const FeedbackShape = z.union([z.string(), z.object({ resource: text, level: text, message: z.string() })]);
export const ErrorShape = z.union([z.string(), z.object({ filename: text, error: z.string() })]);

const PermissionsShape = z
  .array(z.object({ resource_name: text, resource_type: text, permission: text }))
  .nullish();

const TokenChangeShape = z.object({
  token_name: z.string(),
  change_type: text,
  permission_changes: z
    .object({ added_permissions: PermissionsShape, removed_permissions: PermissionsShape })
    .nullish(),
});

export const DeploymentShape = z.object({
  id: z.union([z.string(), z.number()]).transform(String).pipe(z.string().regex(/^\d+$/)).nullish(),
  status: text,
  live: z.boolean().nullish(),
  created_at: text,
  feedback: z.array(FeedbackShape).nullish(),
  errors: z.array(ErrorShape).nullish(),
  new_datasource_names: names,
  changed_datasource_names: names,
  deleted_datasource_names: names,
  new_pipe_names: names,
  changed_pipe_names: names,
  deleted_pipe_names: names,
  new_data_connector_names: names,
  changed_data_connector_names: names,
  deleted_data_connector_names: names,
  token_changes: z.array(TokenChangeShape).nullish(),
});
export type DeploymentJson = z.infer<typeof DeploymentShape>;

const ListShape = z.object({ deployments: z.array(DeploymentShape) });
const OneShape = z.object({ deployment: DeploymentShape });

export async function readDeployments(client: Client): Promise<Deployment[]> {
  const list = await client.json({ method: 'GET', path: '/v1/deployments' }, ListShape);
  return list.deployments
    .map((each) => deploymentOf(each, client.redact))
    .filter((each) => each !== null)
    .toSorted((a, b) => Number(a.id) - Number(b.id));
}

export async function readDeployment(client: Client, id: string): Promise<Deployment | null> {
  const path = `/v1/deployments/${encodeURIComponent(id)}`;
  const found = await client.find({ method: 'GET', path }, OneShape);
  return found === null ? null : deploymentOf(found.deployment, client.redact);
}

/** Null for one without an id, which is a plan and not a deployment. */
export function deploymentOf(json: DeploymentJson, redact: Redact): Deployment | null {
  if (!json.id) return null;
  const status = json.status ?? '';
  const feedback = feedbackOf(json.feedback, redact);
  return {
    id: json.id,
    status,
    phase: PHASES.get(status) ?? 'working',
    live: json.live ?? status === 'live',
    createdAt: json.created_at ?? null,
    names: namesOf(json),
    tokenChanges: tokenChangesOf(json),
    errors: [...feedback.errors, ...errorsOf(json.errors, redact)],
    warnings: feedback.warnings,
  };
}

const PHASES: ReadonlyMap<string, Phase> = new Map([
  ['data_ready', 'ready'],
  ['live', 'ready'],
  ['failed', 'failed'],
  ['error', 'failed'],
  ['deleting', 'gone'],
  ['deleted', 'gone'],
]);

export const NO_NAMES: DeploymentNames = {
  newDatasources: [],
  changedDatasources: [],
  deletedDatasources: [],
  newPipes: [],
  changedPipes: [],
  deletedPipes: [],
  newConnections: [],
  changedConnections: [],
  deletedConnections: [],
};

export function namesOf(json: DeploymentJson): DeploymentNames | null {
  const said = {
    newDatasources: json.new_datasource_names,
    changedDatasources: json.changed_datasource_names,
    deletedDatasources: json.deleted_datasource_names,
    newPipes: json.new_pipe_names,
    changedPipes: json.changed_pipe_names,
    deletedPipes: json.deleted_pipe_names,
    newConnections: json.new_data_connector_names,
    changedConnections: json.changed_data_connector_names,
    deletedConnections: json.deleted_data_connector_names,
  };
  const given = Object.entries(said).filter(([, list]) => list);
  return given.length === 0 ? null : { ...NO_NAMES, ...Object.fromEntries(given) };
}

export const tokenChangesOf = (json: DeploymentJson): TokenChange[] =>
  (json.token_changes ?? []).map(({ token_name, change_type, permission_changes }) => ({
    name: token_name,
    change: change_type ?? '',
    added: permissionsOf(permission_changes?.added_permissions),
    removed: permissionsOf(permission_changes?.removed_permissions),
  }));

const permissionsOf = (list: z.infer<typeof PermissionsShape>): Permission[] =>
  (list ?? []).map(({ resource_name, resource_type, permission }) => ({
    resource: resource_name ?? '',
    type: resource_type ?? '',
    permission: permission ?? '',
  }));

/** Feedback without a level is not known to be harmless, and what is only for information is left out. */
export function feedbackOf(feedback: DeploymentJson['feedback'], redact: Redact) {
  const errors: FileMessage[] = [];
  const warnings: FileMessage[] = [];
  for (const each of feedback ?? []) {
    const item = typeof each === 'string' ? { resource: null, level: null, message: each } : each;
    const message = fileMessage(item.resource, redact(item.message));
    if (item.level === 'ERROR') errors.push(message);
    else if (item.level !== 'INFO') warnings.push(message);
  }
  return { errors, warnings };
}

export const errorsOf = (
  errors: z.infer<typeof ErrorShape>[] | null | undefined,
  redact: Redact,
): FileMessage[] =>
  (errors ?? []).map((each) =>
    typeof each === 'string'
      ? { file: null, message: redact(each) }
      : fileMessage(each.filename, redact(each.error)),
  );

/** `Datasource events.datasource`, `datasources/events.datasource`, `Pipe usage` and the like, to the base name of a file. */
function fileMessage(resource: string | null | undefined, message: string): FileMessage {
  if (!resource) return { file: null, message };
  const file = /[\w.-]+\.(?:datasource|pipe|connection)\b/.exec(resource)?.[0];
  if (file !== undefined) return { file, message };
  const [, kind, name] = /^(datasource|data source|pipe|connection)\s+(\w+)$/i.exec(resource.trim()) ?? [];
  if (kind === undefined || name === undefined) return { file: null, message: `${resource}: ${message}` };
  return { file: `${name}.${kind.toLowerCase().replace(' ', '')}`, message };
}
