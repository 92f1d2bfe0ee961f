// A pipe as /v0/pipes and /v1/pipes tell it.
import type { Node } from '../datafile/types.ts';
import { materializedNode, referencesOf } from './references.ts';
import type { StoredPipe } from './state.ts';
import { type Parameter, parametersOf } from './templating/parameters.ts';
import type { Deployment, Workspace } from './workspace.ts';

export interface PipePlace {
  readonly workspace: Workspace;
  readonly deployment: Deployment;
  /** Where the sandbox listens. */
  readonly url: string;
}

export function describePipe(stored: StoredPipe, place: PipePlace): Record<string, unknown> {
  const { id, file, createdAt, updatedAt } = stored;
  const special = file.nodes.find(({ type }) => type !== 'standard');
  const nodeId = (node: Node | undefined): string | null =>
    node === undefined ? null : (stored.nodeIds[node.name] ?? null);
  return {
    id,
    name: file.name,
    description: file.description,
    type: special?.type ?? 'default',
    endpoint: special?.type === 'endpoint' ? nodeId(special) : null,
    url: special?.type === 'endpoint' ? `${place.url}/v0/pipes/${file.name}.json` : null,
    created_at: createdAt,
    updated_at: updatedAt,
    parent: null,
    content: null,
    path: null,
    edited_by: null,
    workspace_id: place.workspace.id,
    last_commit: { content_sha: '', path: '', status: 'ok' },
    ...copyPart(special, nodeId(special)),
    nodes: file.nodes.map((node) => describeNode(stored, node, place)),
  };
}

function copyPart(node: Node | undefined, id: string | null): Record<string, unknown> {
  if (node?.type !== 'copy') return {};
  const setting = (name: string): string | undefined =>
    node.settings.find(({ command }) => command === name)?.value;
  const schedule = setting('COPY_SCHEDULE') ?? '@on-demand';
  return {
    copy_mode: setting('COPY_MODE') ?? 'append',
    copy_node: id,
    copy_target_datasource: setting('TARGET_DATASOURCE') ?? null,
    schedule: schedule === '@on-demand' ? {} : { cron: schedule, status: 'running' },
  };
}

const paramsByTags = new Map<string, readonly Parameter[]>();

/** Parameters stand in the template tags alone, and thousands of tenants have the same tags. */
function paramsOf({ sql }: Node): readonly Parameter[] {
  if (!sql.trimStart().startsWith('%')) return [];
  const tags = (sql.match(/\{[{%][\s\S]*?[}%]\}/g) ?? []).join('\n');
  let params = paramsByTags.get(tags);
  if (params === undefined) {
    params = parametersOf(sql);
    paramsByTags.set(tags, params);
  }
  return params;
}

function describeNode(stored: StoredPipe, node: Node, { deployment }: PipePlace): Record<string, unknown> {
  const { catalog, project } = deployment;
  const target = node.type === 'materialized' ? materializedNode(stored.file)?.target : undefined;
  const file = { path: '', text: '', file: { ...stored.file, nodes: [node] } };
  return {
    id: stored.nodeIds[node.name] ?? null,
    name: node.name,
    sql: node.sql,
    description: node.description === '' ? null : node.description,
    // The id of the target, as the real API has it.
    materialized: target === undefined ? null : (catalog.datasources.get(target)?.id ?? target),
    cluster: null,
    tags: {},
    params: paramsOf(node),
    dependencies: referencesOf(file, project),
    node_type: node.type,
    ignore_sql_errors: false,
    deployment_suffix: '',
    project: null,
    result: null,
    version: 0,
    created_at: stored.createdAt,
    updated_at: stored.updatedAt,
  };
}
