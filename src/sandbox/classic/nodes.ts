// Nodes of a Classic pipe: added, changed, deleted, published and materialized one by one.
import type { Node, Pipe } from '../../datafile/types.ts';
import { materializedNode } from '../references.ts';
import { SandboxError, type StoredPipe } from '../state.ts';
import { liveOf } from '../workspace.ts';
import type { Place } from './edit.ts';
import { demandTarget } from './pipe-file.ts';
import { putPipe } from './pipes.ts';
import { demandOneKind, materializedInto, standardNode } from './views.ts';

export interface NodeText {
  readonly name?: string | undefined;
  readonly sql?: string | undefined;
  readonly description?: string | undefined;
}

/** By name or id. */
export function demandNode(stored: StoredPipe, wanted: string): Node {
  const node = stored.file.nodes.find(({ name }) => name === wanted || stored.nodeIds[name] === wanted);
  if (node === undefined) {
    throw new SandboxError(404, `Node '${wanted}' not found in pipe '${stored.file.name}'`);
  }
  return node;
}

export function addNode(place: Place, stored: StoredPipe, text: NodeText): Promise<StoredPipe> {
  const { file } = stored;
  const name = text.name ?? freeName(file);
  demandFreeNode(file, name);
  const node: Node = {
    name,
    description: text.description ?? '',
    sql: text.sql ?? '',
    type: 'standard',
    settings: [],
  };
  return putPipe(place, { ...file, nodes: [...file.nodes, node] }, stored);
}

function freeName({ name, nodes }: Pipe): string {
  let i = nodes.length;
  while (nodes.some((node) => node.name === `${name}_${i}`)) i += 1;
  return `${name}_${i}`;
}

function demandFreeNode(file: Pipe, name: string): void {
  if (!/^[A-Za-z_]\w*$/.test(name) || name === file.name) {
    throw new SandboxError(400, `Invalid name of a node: "${name}"`);
  }
  if (!file.nodes.some((node) => node.name === name)) return;
  throw new SandboxError(400, `There is already a node with name "${name}" in the pipe "${file.name}"`);
}

export function changeNode(
  place: Place,
  { stored, node, text }: { readonly stored: StoredPipe; readonly node: Node; readonly text: NodeText },
): Promise<StoredPipe> {
  const { file } = stored;
  const name = text.name ?? node.name;
  if (name !== node.name) demandFreeNode(file, name);
  if (text.sql !== undefined || name !== node.name) refuseMaterialized(file, node);
  const changed = {
    ...node,
    name,
    sql: text.sql ?? node.sql,
    description: text.description ?? node.description,
  };
  const { [node.name]: id, ...others } = stored.nodeIds;
  const nodeIds = id === undefined ? others : { ...others, [name]: id };
  return putPipe(place, replaced(file, node, changed), { ...stored, nodeIds });
}

export function deleteNode(place: Place, stored: StoredPipe, node: Node): Promise<StoredPipe> {
  const { file } = stored;
  refuseMaterialized(file, node);
  if (node.type !== 'standard') throw new SandboxError(400, `The node "${node.name}" is published`);
  if (file.nodes.length === 1) throw new SandboxError(400, `The pipe "${file.name}" needs a node`);
  return putPipe(place, { ...file, nodes: file.nodes.filter((other) => other !== node) }, stored);
}

/** The view is made of this node and of those it reads. */
function refuseMaterialized(file: Pipe, node: Node): void {
  if (materializedNode(file) === null || !feeds(file, node)) return;
  throw new SandboxError(400, `The node "${node.name}" is materialized: unlink the materialization first`);
}

function feeds({ nodes }: Pipe, node: Node): boolean {
  const seen = new Set<Node>();
  const visit = (reader: Node | undefined): void => {
    if (reader === undefined || seen.has(reader)) return;
    seen.add(reader);
    for (const word of reader.sql.match(/[A-Za-z_]\w*/g) ?? [])
      visit(nodes.find(({ name }) => name === word));
  };
  visit(nodes.find(({ type }) => type === 'materialized'));
  return seen.has(node);
}

const replaced = (file: Pipe, node: Node, changed: Node): Pipe => ({
  ...file,
  nodes: file.nodes.map((other) => (other === node ? changed : other)),
});

/** Un-publishes any other node of the pipe. */
export function publish(place: Place, stored: StoredPipe, node: Node): Promise<StoredPipe> {
  const nodes = stored.file.nodes.map((other): Node => {
    if (other === node) return { ...other, type: other.type === 'standard' ? 'endpoint' : other.type };
    return other.type === 'endpoint' ? standardNode(other) : other;
  });
  const file = { ...stored.file, nodes };
  if (nodes.every(({ type }) => type !== 'endpoint')) {
    throw new SandboxError(400, `The node "${node.name}" is materialized and cannot be an endpoint`);
  }
  demandOneKind(file);
  return putPipe(place, file, stored);
}

export function unpublish(place: Place, stored: StoredPipe, node: Node): Promise<StoredPipe> {
  if (node.type !== 'endpoint') throw new SandboxError(400, `The node "${node.name}" is not an endpoint`);
  return putPipe(place, replaced(stored.file, node, standardNode(node)), stored);
}

export function materialize(
  place: Place,
  { stored, node, target }: { readonly stored: StoredPipe; readonly node: Node; readonly target: string },
): Promise<StoredPipe> {
  const datasource = demandTarget(liveOf(place.workspace).catalog, target);
  const file = replaced(stored.file, node, materializedInto(node, datasource.file.name));
  if (node.type !== 'standard')
    throw new SandboxError(400, `The node "${node.name}" is ${node.type} already`);
  demandOneKind(file);
  return putPipe(place, file, stored);
}

export function unlink(place: Place, stored: StoredPipe, node: Node): Promise<StoredPipe> {
  if (node.type !== 'materialized') {
    throw new SandboxError(400, `The node "${node.name}" is not materialized`);
  }
  return putPipe(place, replaced(stored.file, node, standardNode(node)), stored);
}
