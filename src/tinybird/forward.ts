// A Forward workspace through its HTTP API: the two ports put together.
import { readConnectors, readDatafileText } from './datafile-text.ts';
import { readDatasources } from './datasources.ts';
import { deploy } from './deploy.ts';
import { readDeployment, readDeployments } from './deployments.ts';
import type { Client } from './http.ts';
import { readJob, readNow } from './jobs.ts';
import { readPipes } from './pipes.ts';
import type { ForwardWriter, Reader } from './ports.ts';
import { readTokenUses } from './token-uses.ts';
import { mintJwt, readTokens, refreshToken } from './tokens.ts';
import { readWorkspace } from './workspace.ts';

/** `tokens` may be another client, for a token that may see the values of tokens. */
export function createReader(client: Client, tokens: Client = client): Reader {
  return {
    workspace: () => readWorkspace(client),
    datasources: () => readDatasources(client),
    pipes: () => readPipes(client),
    tokens: () => readTokens(tokens),
    connectors: () => readConnectors(client),
    datafileText: (kind, name) => readDatafileText(client, kind, name),
    deployments: () => readDeployments(client),
    deployment: (id) => readDeployment(client, id),
    tokenUses: (since) => readTokenUses(client, since),
    now: () => readNow(client),
    job: (id) => readJob(client, id),
  };
}

/** `tokens` may be another client, for a token that may mint. */
export function createWriter(client: Client, tokens: Client = client): ForwardWriter {
  const path = (id: string) => `/v1/deployments/${encodeURIComponent(id)}`;
  return {
    generation: 'forward',
    deploy: (files, options) => deploy(client, files, options),
    setLive: async (id) => {
      await client.send({ method: 'POST', path: `${path(id)}/set-live` });
    },
    removeDeployment: async (id) => {
      await client.send({ method: 'DELETE', path: path(id), accept: ({ status }) => status === 404 });
    },
    mintJwt: (request) => mintJwt(tokens, request),
    refreshSigningToken: (id) => refreshToken(tokens, id),
  };
}
