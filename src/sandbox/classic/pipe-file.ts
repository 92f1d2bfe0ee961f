// A pipe from the JSON of POST /v0/pipes.
import * as z from 'zod';
import type { Node, Pipe } from '../../datafile/types.ts';
import { byNameOrId } from '../routes/request.ts';
import { type Catalog, SandboxError, type StoredDatasource } from '../state.ts';
import { canonical } from './edit.ts';
import { demandOneKind, materializedInto } from './views.ts';

const NodeShape = z.object({
  name: z.string().optional(),
  sql: z.string(),
  description: z.string().nullish(),
  type: z.string().nullish(),
  datasource: z.string().nullish(),
  target_datasource: z.string().nullish(),
  override_datasource: z.union([z.string(), z.boolean()]).nullish(),
});

const PipeShape = z.object({
  name: z.string(),
  description: z.string().nullish(),
  nodes: z.array(NodeShape).min(1),
});

/** 400 for another shape, for a target that is not there, and for what a datafile could not hold. */
export function pipeFile(body: unknown, catalog: Catalog): Pipe {
  const read = PipeShape.safeParse(body);
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new SandboxError(400, `Invalid pipe: ${problems.join('; ')}`);
  }
  const { name, description, nodes } = read.data;
  const taken = nodes.find((node) => node.name === name);
  if (taken !== undefined) throw new SandboxError(400, `A node cannot have the name of its pipe: "${name}"`);
  const file = canonical<Pipe>({
    kind: 'pipe',
    name,
    description: description ?? '',
    nodes: nodes.map((node, i) => nodeOf({ ...node, name: node.name ?? `${name}_${i}` }, catalog)),
    grants: [],
    settings: [],
  });
  demandOneKind(file);
  return file;
}

function nodeOf(node: z.infer<typeof NodeShape> & { name: string }, catalog: Catalog): Node {
  const { name, sql, type } = node;
  const plain: Node = { name, description: node.description ?? '', sql, type: 'standard', settings: [] };
  switch (type ?? 'standard') {
    case 'standard':
    case '':
      return plain;
    case 'endpoint':
      return { ...plain, type: 'endpoint' };
    case 'materialized': {
      if (node.override_datasource === true || node.override_datasource === 'true')
        throw new SandboxError(400, 'override_datasource is not supported by the sandbox');
      const target = demandTarget(catalog, node.datasource ?? node.target_datasource ?? '');
      return materializedInto(plain, target.file.name);
    }
    default:
      throw new SandboxError(501, `Not in the sandbox: nodes of type ${type} on Classic`);
  }
}

/** By name or id; 400 because it stands in the body. */
export function demandTarget(catalog: Catalog, wanted: string): StoredDatasource {
  const target = byNameOrId(catalog.datasources, wanted);
  if (target === undefined) throw new SandboxError(400, `Data Source "${wanted}" does not exist`);
  return target;
}
