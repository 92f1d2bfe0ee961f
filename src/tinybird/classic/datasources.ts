// Data sources of a Classic workspace: created from a form, altered, exchanged.
import * as z from 'zod';
import { printIndex } from '../../datafile/indexes.ts';
import { printColumns } from '../../datafile/schema.ts';
import type { Datasource, Index } from '../../datafile/types.ts';
import { Stop } from '../../errors.ts';
import { type Form, formOf } from '../call.ts';
import type { Client } from '../http.ts';
import type { Alteration } from '../ports.ts';
import { refuse, unsendable } from './settings.ts';

export async function createDatasource(client: Client, datasource: Datasource): Promise<void> {
  const form = datasourceForm(datasource);
  await client.send({ method: 'POST', path: '/v0/datasources', body: { form }, class: 'create-datasource' });
}

/**
 * What creates it, in the server's words. Grants are not in it: on Classic they are tokens. Throws a `bad-input` Stop
 * for what cannot be created this way: connections, shares, instructions to a deployment.
 */
function datasourceForm(datasource: Datasource): Form {
  const { name, description, columns, engine, indexes, settings } = datasource;
  refuse(datasource, [
    ...unsendable(settings),
    ...(datasource.sharedWith.length > 0 ? ['SHARED_WITH'] : []),
    ...(datasource.forwardQuery === null ? [] : ['FORWARD_QUERY']),
  ]);
  if (columns.length === 0) {
    throw new Stop(
      'bad-input',
      `${name}.datasource: without a SCHEMA it cannot be created in a Classic workspace.`,
    );
  }
  const options = engine?.options.map(({ command, value }) => [`engine_${command.toLowerCase()}`, value]);
  return formOf({
    mode: 'create',
    name,
    description,
    schema: printColumns(columns),
    // Rows of JSON find their columns by the paths, which a data source for CSV does not take.
    format: columns.some(({ jsonpath }) => jsonpath !== null) ? 'ndjson' : 'csv',
    engine: engine?.type,
    ...Object.fromEntries(options ?? []),
    indexes: indexes.length === 0 ? undefined : printIndexes(indexes),
  });
}

const printIndexes = (indexes: readonly Index[]): string => indexes.map(printIndex).join('\n');

const OperationsShape = z.object({ operations: z.array(z.unknown()).nullish() });

export async function alterDatasource(
  client: Client,
  name: string,
  { change, dry }: { change: Alteration; dry: boolean },
): Promise<string[]> {
  const form = [...alterationForm(change), ...formOf({ dry: String(dry) })];
  const answer = await client.json(
    {
      method: 'POST',
      path: `${pathOf(name)}/alter`,
      body: { form },
      // Nothing to do is a 400.
      accept: ({ status, text }) => status === 400 && /\bno operations to perform\b/i.test(text),
      idempotent: dry,
      class: 'datasource',
    },
    OperationsShape,
  );
  return (answer.operations ?? []).map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
}

function alterationForm({ columns, description, ttl, indexes }: Alteration): Form {
  return formOf({
    schema: columns && printColumns(columns),
    description,
    // The server's words for none.
    ttl: ttl === '' ? 'false' : ttl,
    indexes: indexes?.length === 0 ? '0' : indexes && printIndexes(indexes),
  });
}

/** Never repeated after a lost answer: the second exchange would undo the first. */
export async function exchangeDatasources(client: Client, one: string, other: string): Promise<void> {
  const form = formOf({ datasource_a: one, datasource_b: other });
  await client.send({
    method: 'POST',
    path: '/v0/datasources/exchange',
    body: { form },
    class: 'datasource',
  });
}

export async function deleteDatasource(client: Client, name: string): Promise<void> {
  await client.send({
    method: 'DELETE',
    path: pathOf(name),
    accept: ({ status }) => status === 404,
    idempotent: true,
    class: 'datasource',
  });
}

const pathOf = (name: string): string => `/v0/datasources/${encodeURIComponent(name)}`;
