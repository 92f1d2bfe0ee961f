// What COVERAGE.md assumes, as questions to a workspace. Every request reads; the two that POST carry check=true and are asked only on request.
import { createHmac } from 'node:crypto';

export interface Reply {
  readonly status: number;
  readonly text: string;
  /** The body, or null when it is no JSON. */
  readonly json: unknown;
}

export interface Workspace {
  /** GET, with the workspace's token unless another is given; '' sends none. */
  get(path: string, token?: string): Promise<Reply>;
  /** POST /v1/deploy?check=true without any file. */
  checkNothing(): Promise<Reply>;
  readonly token: string;
}

export interface Question {
  /** As in COVERAGE.md. */
  readonly id: string;
  /** Sends POST /v1/deploy?check=true, which creates nothing. */
  readonly checks?: true;
  /** What the workspace says, in one line. No token value. */
  readonly ask: (workspace: Workspace) => Promise<string>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const member = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : undefined);

const list = (value: unknown, name: string): readonly Record<string, unknown>[] => {
  const items = member(value, name);
  return Array.isArray(items) ? items.filter(isRecord) : [];
};

const keys = (value: unknown): string => (isRecord(value) ? Object.keys(value).sort().join(', ') : 'none');

const short = ({ status, text }: Reply): string => `${status} ${text.replace(/\s+/g, ' ').slice(0, 300)}`;

async function firstName(workspace: Workspace, what: 'datasources' | 'pipes'): Promise<string | null> {
  const [first] = list((await workspace.get(`/v0/${what}`)).json, what);
  return first === undefined ? null : String(first.name);
}

async function columnsOf(workspace: Workspace, table: string): Promise<string> {
  const sql = encodeURIComponent(`SELECT * FROM ${table} LIMIT 0 FORMAT JSON`);
  const reply = await workspace.get(`/v0/sql?q=${sql}`);
  const columns = list(reply.json, 'meta').map((column) => `${String(column.name)} ${String(column.type)}`);
  return columns.length > 0 ? columns.join(', ') : short(reply);
}

const NOTHING = 'nothing here to ask about';

/** Expired an hour ago, signed with the token that the probe was given. */
function expiredJwt(token: string): string {
  const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    workspace_id: member(payload, 'u'),
    name: 'probe',
    exp: Math.floor(Date.now() / 1000) - 3600,
    scopes: [{ type: 'PIPES:READ', resource: 'probe' }],
  };
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', token).update(text).digest('base64url')}`;
}

const withoutValue = (reply: Reply, value: string): Reply => ({
  ...reply,
  text: reply.text.replaceAll(value, '…'),
});

export const QUESTIONS: readonly Question[] = [
  { id: 'A1', ask: async (workspace) => keys((await workspace.get('/v1/workspace')).json) },
  { id: 'A2', checks: true, ask: async (workspace) => short(await workspace.checkNothing()) },
  {
    id: 'A3',
    checks: true,
    ask: async (workspace) => {
      const deployment = member((await workspace.checkNothing()).json, 'deployment');
      return `deleted_pipe_names: ${JSON.stringify(member(deployment, 'deleted_pipe_names'))?.slice(0, 200)}`;
    },
  },
  {
    id: 'A4',
    ask: async (workspace) => {
      const deployments = list((await workspace.get('/v1/deployments')).json, 'deployments');
      return deployments
        .map(({ id, status, live }) => `${String(id)}: ${String(status)}, live ${String(live)}`)
        .join('; ');
    },
  },
  {
    id: 'A5',
    ask: async (workspace) => {
      const deployments = list((await workspace.get('/v1/deployments')).json, 'deployments');
      const live = deployments.find((deployment) => deployment.live === true);
      return keys(member((await workspace.get(`/v1/deployments/${String(live?.id)}`)).json, 'deployment'));
    },
  },
  { id: 'A6', ask: async (workspace) => short(await workspace.get('/v1/deployments/999999')) },
  {
    id: 'A7',
    ask: async (workspace) => {
      const [first] = list((await workspace.get('/v0/datasources')).json, 'datasources');
      return first === undefined ? NOTHING : `${keys(first)}; engine: ${keys(first.engine)}`;
    },
  },
  {
    id: 'A8',
    ask: async (workspace) => {
      const name = await firstName(workspace, 'datasources');
      if (name === null) return NOTHING;
      const { text } = await workspace.get(`/v0/datasources/${name}.datasource`);
      return `commands: ${[...new Set(text.match(/^[A-Z_]+(?=\s)/gm))].join(', ')}`;
    },
  },
  {
    id: 'A9',
    ask: async (workspace) => {
      const [first] = list((await workspace.get('/v0/pipes')).json, 'pipes');
      return first === undefined ? NOTHING : `${keys(first)}; node: ${keys(list(first, 'nodes')[0])}`;
    },
  },
  {
    id: 'A10',
    ask: async (workspace) => {
      const pipes = list((await workspace.get('/v0/pipes')).json, 'pipes');
      const unpublished = pipes.find(({ endpoint }) => endpoint === null);
      if (unpublished === undefined) return NOTHING;
      return short(await workspace.get(`/v0/pipes/${String(unpublished.name)}.json`));
    },
  },
  {
    id: 'A11',
    ask: async (workspace) => {
      const name = await firstName(workspace, 'pipes');
      return name === null
        ? NOTHING
        : short(await workspace.get(`/v0/pipes/${name}.json?__tb__deployment=999999`));
    },
  },
  {
    id: 'A12',
    ask: async (workspace) => {
      const name = await firstName(workspace, 'datasources');
      if (name === null) return NOTHING;
      return columnsOf(workspace, `${name}_quarantine`);
    },
  },
  { id: 'A13', ask: async (workspace) => short(await workspace.get('/v0/sql?q=SELECT%201%20FORMAT%20Avro')) },
  {
    id: 'A14',
    ask: async (workspace) => {
      const tokens = list((await workspace.get('/v0/tokens')).json, 'tokens');
      const scoped = tokens.filter((token) =>
        list(token, 'scopes').some(({ resource }) => resource !== undefined),
      );
      const origins = scoped.map((token) => String(member(token.origin, 'type')));
      return `${scoped.length} tokens with resources, origins: ${[...new Set(origins)].join(', ')}`;
    },
  },
  {
    id: 'A15',
    ask: async (workspace) => {
      const jwt = expiredJwt(workspace.token);
      return short(withoutValue(await workspace.get('/v0/pipes/probe.json', jwt), jwt));
    },
  },
  { id: 'A16', ask: async (workspace) => short(await workspace.get('/v0/pipes', '')) },
  {
    id: 'A17',
    ask: async (workspace) => short(await workspace.get('/v0/jobs/00000000-0000-4000-8000-000000000000')),
  },
  { id: 'A18', ask: async (workspace) => keys((await workspace.get('/v0/connectors')).json) },
  { id: 'A19', ask: (workspace) => columnsOf(workspace, 'tinybird.pipe_stats_rt') },
];
