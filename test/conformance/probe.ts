// Asks a workspace what COVERAGE.md assumes, reading only, and prints one answer per row: TINYBIRD_HOST and TINYBIRD_TOKEN, or else the sandbox.
import { readFileSync } from 'node:fs';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { connect } from '../sandbox/client.ts';
import { PROJECT } from '../sandbox/project.ts';
import { QUESTIONS, type Reply, type Workspace } from './questions.ts';

async function request(url: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(url, init);
  const text = await response.text();
  let json: unknown = null;
  try {
    json = JSON.parse(text);
  } catch {
    // HTML of a proxy, TSV of a query: the text is shown.
  }
  return { status: response.status, text, json };
}

function workspaceAt(host: string, token: string): Workspace {
  const headers = (value: string): Record<string, string> =>
    value === '' ? {} : { authorization: `Bearer ${value}` };
  return {
    token,
    get: (path, other) => request(host + path, { headers: headers(other ?? token) }),
    checkNothing: () => {
      const body = new FormData();
      // A part of no file: the body is well-formed, the project empty.
      body.append('context://', new Blob(['probe']), 'cli-version');
      return request(`${host}/v1/deploy?check=true`, { method: 'POST', headers: headers(token), body });
    },
  };
}

const assumptions = new Map(
  readFileSync(new URL('../../src/sandbox/COVERAGE.md', import.meta.url), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, id, text] = /^\| (A\d+) \| (.*?) \|/.exec(line) ?? [];
      return id === undefined || text === undefined ? [] : [[id, text]];
    }),
);

async function probe(workspace: Workspace, withChecks: boolean): Promise<void> {
  for (const { id, checks, ask } of QUESTIONS) {
    process.stdout.write(`${id}  the sandbox ${assumptions.get(id) ?? ''}\n`);
    const answer =
      checks && !withChecks
        ? 'not asked: add --check (POST /v1/deploy?check=true)'
        : await ask(workspace).catch(String);
    process.stdout.write(`    → ${answer.replaceAll(workspace.token, '…')}\n`);
  }
}

const { TINYBIRD_HOST: host, TINYBIRD_TOKEN: token } = process.env;
const withChecks = process.argv.includes('--check');
if (host !== undefined && token !== undefined) {
  await probe(workspaceAt(host.replace(/\/$/, ''), token), withChecks);
} else {
  process.stdout.write('TINYBIRD_HOST and TINYBIRD_TOKEN are not set: asking the sandbox.\n');
  await using sandbox = await startSandbox();
  await connect(sandbox).release(PROJECT);
  await probe(workspaceAt(sandbox.url, sandbox.adminToken), true);
}
