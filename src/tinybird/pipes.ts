// Pipes with their nodes as the workspace lists them, turned into our canonical type.
import * as z from 'zod';
import { readSql } from '../datafile/blocks.ts';
import type { Node, NodeType, Pipe, Setting } from '../datafile/types.ts';
import { keyOf } from '../model.ts';
import type { Client } from './http.ts';
import type { LiveResource } from './ports.ts';

const text = z.string().nullish();

const NodeShape = z.object({
  id: text,
  name: z.string(),
  description: text,
  sql: text,
  node_type: text,
  /** Id of the target. */
  materialized: text,
});
type NodeItem = z.infer<typeof NodeShape>;

const ItemShape = z.object({
  id: z.string(),
  name: z.string(),
  description: text,
  type: text,
  /** Id of the published node. */
  endpoint: text,
  copy_mode: text,
  copy_node: text,
  copy_target_datasource: text,
  schedule: z.object({ cron: text }).nullish(),
  nodes: z.array(NodeShape),
  updated_at: text,
  // Nice to know, and of no documented shape.
  edited_by: text.catch(null),
});
type Item = z.infer<typeof ItemShape>;

const LIST = { member: 'pipes', item: ItemShape.transform(resourceOf) };

/** The newer route, where it exists and lists nodes; else the older one. */
export async function readPipes(client: Client): Promise<LiveResource[]> {
  const newer = await client.findList({ method: 'GET', path: '/v1/pipes' }, { ...LIST, otherwise: 'data' });
  return newer ?? readOlderPipes(client);
}

/** From the older route alone, which is the one that Classic has. */
export const readOlderPipes = (client: Client): Promise<LiveResource[]> =>
  client.list({ method: 'GET', path: '/v0/pipes' }, LIST);

function resourceOf(item: Item): LiveResource {
  return {
    key: keyOf('pipe', item.name),
    id: item.id,
    name: item.name,
    datafile: pipeOf(item),
    rows: null,
    unfaithful: unfaithful(item),
    updatedAt: item.updated_at ?? '',
    ...(item.edited_by ? { editedBy: item.edited_by } : {}),
  };
}

function pipeOf(item: Item): Pipe {
  return {
    kind: 'pipe',
    name: item.name,
    description: item.description ?? '',
    nodes: item.nodes.map((node) => nodeOf(item, node)),
    grants: [],
    settings: [],
  };
}

function nodeOf(pipe: Item, node: NodeItem): Node {
  const type = typeOf(pipe, node);
  return {
    name: node.name,
    description: node.description ?? '',
    sql: sqlOf(node.sql ?? ''),
    type,
    settings: settingsOf(type, pipe, node),
  };
}

/** Most SQL comes without indentation; only the rest takes the way of a file, which is slow for 40,000 nodes. */
export const sqlOf = (sql: string): string =>
  /^(?:%\n)?[^\s%]/.test(sql) && !/\s$|\n[ \t]+\n|\r/.test(sql) ? sql : readSql(sql.replaceAll('\r\n', '\n'));

const NODE_TYPES: readonly NodeType[] = ['standard', 'endpoint', 'materialized', 'copy', 'sink', 'stream'];

/** Older answers have no `node_type` and say it around the node. */
function typeOf(pipe: Item, node: NodeItem): NodeType {
  const said = NODE_TYPES.find((type) => type === node.node_type);
  if (said !== undefined && said !== 'standard') return said;
  const isNode = (reference: string | null | undefined) =>
    Boolean(reference) && (reference === node.id || reference === node.name);
  if (isNode(pipe.endpoint)) return 'endpoint';
  if (node.materialized) return 'materialized';
  return isNode(pipe.copy_node) ? 'copy' : 'standard';
}

function settingsOf(type: NodeType, pipe: Item, node: NodeItem): Setting[] {
  const some = (command: string, value: string | null | undefined) => (value ? [{ command, value }] : []);
  if (type === 'materialized') return some('DATASOURCE', node.materialized);
  if (type !== 'copy') return [];
  return [
    ...some('TARGET_DATASOURCE', pipe.copy_target_datasource),
    ...some('COPY_SCHEDULE', pipe.schedule?.cron || '@on-demand'),
    ...some('COPY_MODE', pipe.copy_mode),
  ];
}

function unfaithful(item: Item): string | null {
  if (item.name.includes('.')) return 'it belongs to another workspace';
  const types = [item.type, ...item.nodes.map((node) => node.node_type)];
  if (types.includes('sink')) return 'it writes through a connection';
  if (types.includes('stream')) return 'it streams through a connection';
  return types.includes('timeseries') ? 'it is a time series' : null;
}

const TARGETS = new Set(['DATASOURCE', 'TARGET_DATASOURCE']);

/** The pipes with targets by name, where the server named them by id. */
export function nameTargets(
  pipes: readonly LiveResource[],
  datasources: readonly LiveResource[],
): LiveResource[] {
  const names = new Map(datasources.map(({ id, name }) => [id, name]));
  const setting = (each: Setting): Setting =>
    TARGETS.has(each.command) ? { ...each, value: names.get(each.value) ?? each.value } : each;
  const hasTarget = (node: Node) => node.settings.some(({ command }) => TARGETS.has(command));
  return pipes.map((pipe) => {
    if (pipe.datafile.kind !== 'pipe' || !pipe.datafile.nodes.some(hasTarget)) return pipe;
    const nodes = pipe.datafile.nodes.map((node) => ({ ...node, settings: node.settings.map(setting) }));
    return { ...pipe, datafile: { ...pipe.datafile, nodes } };
  });
}
