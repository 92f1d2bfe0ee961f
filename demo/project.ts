// How the team has its project in the workspace before it meets us: one deployment on Forward, one request a resource on Classic.
import assert from 'node:assert/strict';
import { poll, systemClock } from '../src/clock.ts';
import { parseDatafile } from '../src/datafile/parse.ts';
import { unwrap } from '../src/errors.ts';
import { Secret } from '../src/secret.ts';
import { connect } from '../src/tinybird/connect.ts';
import type { Stage } from './stage.ts';

interface File {
  readonly name: string;
  readonly text: string;
}

export async function deployAll({ sandbox }: Stage, files: readonly File[]): Promise<void> {
  const form = new FormData();
  for (const { name, text } of files)
    form.append('data_project://', new Blob([text], { type: 'text/plain' }), name);
  const headers = { authorization: `Bearer ${sandbox.adminToken}` };
  const deployed = await fetch(`${sandbox.url}/v1/deploy?auto_promote=true`, {
    method: 'POST',
    body: form,
    headers,
  });
  assert.equal(deployed.status, 200, await deployed.text());
  const isLive = await poll(systemClock, Date.now() + 20_000, async () => {
    const answer = await fetch(`${sandbox.url}/v1/deployments`, { headers });
    const { deployments } = (await answer.json()) as { deployments: { live: boolean; id: string }[] };
    return deployments.some(({ live, id }) => live && id !== '0') || undefined;
  });
  assert.equal(isLive, true, 'the project did not go live');
}

/** Data sources come first in the alphabet, and pipes read them. */
export async function pushEach({ sandbox }: Stage, files: readonly File[]): Promise<void> {
  await using connection = await connect({
    host: sandbox.url,
    token: new Secret(sandbox.adminToken),
    tokensToken: null,
    pin: null,
    concurrency: 1,
    clock: systemClock,
    env: {},
  });
  const { writer } = connection;
  if (writer.generation !== 'classic') throw new Error('not a Classic workspace');
  for (const { name, text } of files) {
    const datafile = unwrap(parseDatafile(name, text));
    if (datafile.kind === 'datasource') await writer.createDatasource(datafile);
    else await writer.createPipe(datafile, { replace: false });
  }
}
