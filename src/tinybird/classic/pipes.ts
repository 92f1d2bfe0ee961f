// Pipes of a Classic workspace: created with all their nodes, changed node by node, populated.
import * as z from 'zod';
import type { Node, NodeType, Pipe, Setting } from '../../datafile/types.ts';
import { Stop } from '../../errors.ts';
import { type Form, formOf } from '../call.ts';
import type { Client } from '../http.ts';
import { ENGINE_COMMANDS, refuse, unsendable } from './settings.ts';

const text = z.string().nullish();

const MadeShape = z.object({
  type: text,
  /** Id of the published node. */
  endpoint: text,
  schedule: z.object({ cron: text }).nullish(),
  nodes: z.array(z.object({ id: text, name: text })).nullish(),
});
type Made = z.infer<typeof MadeShape>;

export async function createPipe(
  client: Client,
  pipe: Pipe,
  { replace }: { replace: boolean },
): Promise<void> {
  const json = pipeJson(pipe);
  const query = replace ? { force: true } : {};
  const made = await client.json(
    { method: 'POST', path: '/v0/pipes', query, body: { json }, class: 'pipe' },
    MadeShape,
  );
  for (const node of pipe.nodes) {
    const id = made.nodes?.find(({ name }) => name === node.name)?.id ?? node.name;
    if (node.type === 'endpoint' && !isPublished(made, [id, node.name])) {
      await client.send({ method: 'POST', path: `${nodePath(pipe.name, id)}/endpoint`, class: 'pipe' });
    }
    if (node.type === 'copy') {
      const form = copyForm(node, made, { replace });
      const path = `${nodePath(pipe.name, id)}/copy`;
      await client.send({ method: 'PUT', path, body: { form }, idempotent: true, class: 'pipe' });
    }
  }
}

/** Older answers say only that the pipe is an endpoint, not which node is. */
const isPublished = ({ type, endpoint }: Made, node: readonly string[]): boolean =>
  endpoint ? node.includes(endpoint) : type === 'endpoint';

/** Throws a `bad-input` Stop for what cannot be created this way: sinks, streams, instructions to a deployment. */
function pipeJson(pipe: Pipe) {
  const commandsOf = (node: Node) => commandsIn(pipe, node);
  refuse(pipe, [
    ...unsendable(pipe.settings),
    ...pipe.nodes.flatMap((node) => unsendable(node.settings, commandsOf(node))),
  ]);
  const nodes = pipe.nodes.map((node) => ({
    name: node.name,
    sql: node.sql,
    type: node.type,
    description: node.description,
    ...settingsJson(node.settings.filter(({ command }) => commandsOf(node).includes(command))),
  }));
  const copy = pipe.nodes.find(({ type }) => type === 'copy');
  // The schedule follows when the pipe is there: what would be wrong with it would take the pipe along.
  const copied = copy && { target_datasource: settingOf(copy, 'TARGET_DATASOURCE'), schedule_cron: null };
  return { name: pipe.name, description: pipe.description, nodes, ...copied };
}

const settingsJson = (settings: readonly Setting[]): Record<string, string> =>
  Object.fromEntries(
    settings.map(({ command, value }) => [command === 'COPY_MODE' ? 'mode' : command.toLowerCase(), value]),
  );

interface Commands {
  readonly needs: string | null;
  readonly may: readonly string[];
}

/** What a node of each type may say; null for the types that need a connection. */
const COMMANDS: Record<NodeType, Commands | null> = {
  standard: { needs: null, may: [] },
  endpoint: { needs: null, may: [] },
  // Without a target the server would make one up.
  materialized: { needs: 'DATASOURCE', may: ['DATASOURCE', ...ENGINE_COMMANDS] },
  copy: { needs: 'TARGET_DATASOURCE', may: ['TARGET_DATASOURCE', 'COPY_SCHEDULE', 'COPY_MODE'] },
  sink: null,
  stream: null,
};

function commandsIn({ name }: Pipe, node: Node): readonly string[] {
  const commands = COMMANDS[node.type];
  const problem = (what: string) =>
    new Stop('bad-input', `${name}.pipe: node ${node.name} is of TYPE ${node.type} and ${what}`);
  if (commands === null) throw problem('needs a connection: make this pipe in Tinybird itself.');
  const { needs, may } = commands;
  if (needs !== null && !settingOf(node, needs)) throw problem(`needs ${needs}.`);
  return may;
}

const settingOf = (node: Node, command: string): string | undefined =>
  node.settings.find((setting) => setting.command === command)?.value;

/** Mode and schedule, and of a pipe that was there before also the target. */
function copyForm(node: Node, made: Made, { replace }: { replace: boolean }): Form {
  const schedule = settingOf(node, 'COPY_SCHEDULE') ?? ON_DEMAND;
  // The server's word for no schedule any more.
  const none = made.schedule?.cron ? 'None' : undefined;
  return formOf({
    mode: settingOf(node, 'COPY_MODE') ?? 'append',
    schedule_cron: schedule === ON_DEMAND ? none : schedule,
    target_datasource: replace ? settingOf(node, 'TARGET_DATASOURCE') : undefined,
  });
}

const ON_DEMAND = '@on-demand';

export async function updateNode(
  client: Client,
  pipe: string,
  { name, sql }: { readonly name: string; readonly sql: string },
): Promise<void> {
  const path = nodePath(pipe, name);
  await client.send({ method: 'PUT', path, body: { text: sql }, idempotent: true, class: 'pipe' });
}

export async function updatePipe(
  client: Client,
  pipe: string,
  { description, name }: { readonly description?: string; readonly name?: string },
): Promise<void> {
  const form = formOf({ name, description });
  // A new name cannot be given twice: the second time there is nothing of the old one.
  const idempotent = name === undefined;
  await client.send({ method: 'PUT', path: pipePath(pipe), body: { form }, idempotent, class: 'pipe' });
}

export async function deletePipe(client: Client, name: string): Promise<void> {
  await client.send({
    method: 'DELETE',
    path: pipePath(name),
    accept: ({ status }) => status === 404,
    idempotent: true,
    class: 'pipe',
  });
}

const JobShape = z
  .object({ id: z.string().min(1) })
  .or(z.object({ job_id: z.string().min(1) }).transform((job) => ({ id: job.job_id })));
const PopulationShape = z.object({ job: JobShape }).or(JobShape.transform((job) => ({ job })));

/** Never repeated after a lost answer: the rows would be there twice. */
export async function populate(client: Client, pipe: string, node: string): Promise<string> {
  const { job } = await client.json(
    {
      method: 'POST',
      path: `${nodePath(pipe, node)}/population`,
      // Said although it is the default: other views fill the same target.
      query: { truncate: false, unlink_on_populate_error: false },
      class: 'pipe',
    },
    PopulationShape,
  );
  return job.id;
}

const pipePath = (pipe: string): string => `/v0/pipes/${encodeURIComponent(pipe)}`;
const nodePath = (pipe: string, node: string): string =>
  `${pipePath(pipe)}/nodes/${encodeURIComponent(node)}`;
