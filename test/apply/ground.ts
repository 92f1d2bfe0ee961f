// A checkout without GitHub and an embedded workspace, so that a test can run the product in this process and look at what it reports.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { unwrap } from '../../src/errors.ts';
import { parseInputs } from '../../src/inputs.ts';
import type { Generation } from '../../src/model.ts';
import type { Report } from '../../src/report/report.ts';
import type { Sandbox, SandboxWorkspace } from '../../src/sandbox/sandbox.ts';
import { startRun } from '../../src/start.ts';
import type { Surroundings } from '../../src/surroundings.ts';

export interface Ground extends AsyncDisposable {
  readonly account: SandboxWorkspace;
  /** The checkout. */
  readonly folder: string;
  readonly said: readonly string[];
  /** Files that the job's end has to remove. */
  readonly left: readonly string[];
  /** Files by path below the checkout. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Applies the list with the sets in `sets` and the project in `project`. */
  apply(inputs?: Readonly<Record<string, string>>, at?: Partial<Surroundings>): Promise<Report>;
  /** What the workspace answers to its administrator. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Static tokens by name, with what they open. */
  tokens(): Promise<Map<string, string[]>>;
  /** The datafiles as the workspace writes them, by file name. */
  files(): Promise<Map<string, string>>;
  /** Somebody deploys these files instead of or besides what is live. */
  deploy(files: Readonly<Record<string, string>>): Promise<void>;
}

const LANDING = `SCHEMA >
    \`tenant_id\` String \`json:$.tenant_id\`,
    \`event_type\` String \`json:$.event_type\`

ENGINE "MergeTree"
ENGINE_SORTING_KEY "tenant_id"
`;

const USAGE = `NODE usage
SQL >
    SELECT count() AS events FROM landing WHERE tenant_id = {{sql id}}

TYPE endpoint
`;

export const START = {
  'project/datasources/landing.datasource': LANDING,
  'sets/endpoint/set.yaml': 'description: One endpoint over the landing table\n',
  'sets/endpoint/usage.pipe.hbs': USAGE,
  'sets/endpoint/read.token.hbs': 'kind: static\nscopes:\n  - PIPES:READ {{resource "usage"}}\n',
};

/** A list of tenants; a line is `id` or `id: state`. */
export const listOf = (...lines: readonly string[]): Record<string, string> => ({
  'tenants.yaml': `fleet: usage\ndefaults: { template: endpoint }\ntenants:\n${lines
    .map((line) => line.split(': '))
    .map(([id = '', state = 'active']) => `  - { id: ${id}, state: ${state} }\n`)
    .join('')}`,
});

export async function openGround(
  sandbox: Sandbox,
  name: string,
  generation: Generation = 'forward',
): Promise<Ground> {
  const account = await sandbox.createWorkspace(name, generation);
  const folder = await mkdtemp(join(tmpdir(), 'ground-'));
  const said: string[] = [];
  const left: string[] = [];
  const write: Ground['write'] = async (files) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  };
  await write(START);
  const ask: Ground['ask'] = async (path, init = {}) => {
    const headers = { authorization: `Bearer ${account.adminToken}` };
    return fetch(`${sandbox.url}${path}`, { ...init, headers });
  };
  const workspace = { ask, files: () => filesOf(ask) };
  return {
    account,
    folder,
    said,
    left,
    write,
    ...workspace,
    apply: async (inputs = {}, at = {}) => {
      const given: Readonly<Record<string, string>> = {
        command: 'apply',
        'tinybird-token': account.adminToken,
        'tinybird-host': sandbox.url,
        tenants: join(folder, 'tenants.yaml'),
        templates: join(folder, 'sets'),
        project: join(folder, 'project'),
        'deploy-timeout': '3s',
        ...inputs,
      };
      return startRun(unwrap(parseInputs((input) => given[input] ?? '')), {
        context: null,
        clock: systemClock,
        env: {},
        cwd: folder,
        shippedSets: join(folder, 'sets'),
        say: (line) => said.push(line),
        redact: (text) => text,
        mask: () => {},
        leaves: (file) => left.push(file),
        ...at,
      });
    },
    tokens: async () => {
      const { tokens } = (await (await ask('/v0/tokens')).json()) as {
        tokens: { name: string; scopes: { type: string; resource?: string }[] }[];
      };
      const named = tokens.map(({ name, scopes }) => {
        return [name, scopes.flatMap(({ resource }) => resource ?? [])] as const;
      });
      return new Map(named.filter(([, resources]) => resources.length > 0));
    },
    deploy: (files) => deployAs(workspace, files),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function filesOf(ask: Ground['ask']): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const kind of ['datasource', 'pipe'] as const) {
    const list = (await (await ask(`/v0/${kind}s`)).json()) as Record<string, { name: string }[]>;
    for (const { name } of list[`${kind}s`] ?? []) {
      const path = kind === 'pipe' ? `/v1/pipes/${name}.pipe` : `/v0/datasources/${name}.datasource`;
      files.set(`${name}.${kind}`, await (await ask(path)).text());
    }
  }
  return files;
}

async function deployAs(
  { ask, files }: Pick<Ground, 'ask' | 'files'>,
  changed: Readonly<Record<string, string>>,
): Promise<void> {
  const form = new FormData();
  for (const [name, text] of [...(await files()), ...Object.entries(changed)]) {
    form.delete(name);
    if (changed[name] === undefined || changed[name] === text) {
      form.append('data_project://', new Blob([text]), name);
    }
  }
  const deploy = '/v1/deploy?allow_destructive_operations=true&auto_promote=true';
  const answer = await ask(deploy, { method: 'POST', body: form });
  if (!answer.ok) throw new Error(await answer.text());
  for (;;) {
    const { deployments } = (await (await ask('/v1/deployments')).json()) as {
      deployments: { id: string; live: boolean }[];
    };
    const other = deployments.find(({ live }) => !live);
    if (deployments.at(-1)?.live === true && other === undefined) return;
    if (deployments.at(-1)?.live === true && other !== undefined) {
      await ask(`/v1/deployments/${other.id}`, { method: 'DELETE' });
    }
    await systemClock.sleep(20);
  }
}
