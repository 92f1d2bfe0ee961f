// A Classic workspace through its HTTP API: the two ports put together.
import {
  alterDatasource,
  createDatasource,
  deleteDatasource,
  exchangeDatasources,
} from './classic/datasources.ts';
import { createPipe, deletePipe, populate, updateNode, updatePipe } from './classic/pipes.ts';
import { createToken, deleteToken, updateToken } from './classic/tokens.ts';
import { readDatafileText } from './datafile-text.ts';
import { readDatasources } from './datasources.ts';
import type { Client } from './http.ts';
import { readJob, readNow } from './jobs.ts';
import { readOlderPipes } from './pipes.ts';
import type { ClassicWriter, Reader } from './ports.ts';
import { readTokenUses } from './token-uses.ts';
import { mintJwt, readTokens, refreshToken } from './tokens.ts';
import { readWorkspace } from './workspace.ts';

/** `tokens` may be another client, for a token that may see the values of tokens. */
export function createClassicReader(client: Client, tokens: Client = client): Reader {
  return {
    workspace: () => readWorkspace(client),
    datasources: () => readDatasources(client),
    pipes: () => readOlderPipes(client),
    tokens: () => readTokens(tokens),
    // Nothing here refers to a connection: what uses one is not ours to change.
    connectors: async () => [],
    datafileText: (kind, name) => readDatafileText(client, kind, name),
    deployments: noDeployments,
    deployment: noDeployments,
    tokenUses: (since) => readTokenUses(client, since),
    now: () => readNow(client),
    job: (id) => readJob(client, id),
  };
}

async function noDeployments(): Promise<never> {
  throw new Error('a Classic workspace has no deployments');
}

/** `tokens` may be another client, for a token that may make and delete tokens. */
export function createClassicWriter(client: Client, tokens: Client = client): ClassicWriter {
  return {
    generation: 'classic',
    eta: (datasources) => client.eta('create-datasource', datasources),
    createDatasource: (datasource) => createDatasource(client, datasource),
    alterDatasource: (name, change, { dry }) => alterDatasource(client, name, { change, dry }),
    exchangeDatasources: (one, other) => exchangeDatasources(client, one, other),
    deleteDatasource: (name) => deleteDatasource(client, name),
    createPipe: (pipe, options) => createPipe(client, pipe, options),
    updateNode: (pipe, node) => updateNode(client, pipe, node),
    updatePipe: (pipe, change) => updatePipe(client, pipe, change),
    deletePipe: (name) => deletePipe(client, name),
    populate: (pipe, node) => populate(client, pipe, node),
    createToken: (token) => createToken(tokens, token),
    updateToken: (token) => updateToken(tokens, token),
    refreshToken: (name) => refreshToken(tokens, name),
    deleteToken: (name) => deleteToken(tokens, name),
    mintJwt: (request) => mintJwt(tokens, request),
    refreshSigningToken: (id) => refreshToken(tokens, id),
  };
}
