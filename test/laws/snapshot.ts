// The end state of a run as a value to compare: what is live, what tokens open, what secrets hold, what the ledger says, what is left over.
import { decodeLedger, fingerprint } from '../../src/github/ledger.ts';
import type { Generation } from '../../src/model.ts';
import type { Github } from '../../src/sandbox/github/server.ts';
import { Secret } from '../../src/secret.ts';

export interface Snapshot {
  readonly datafiles: Readonly<Record<string, string>>;
  readonly tokens: Readonly<Record<string, readonly string[]>>;
  /** By name of the secret: the token that its value is, and the status of an endpoint asked with it. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly ledger: Readonly<Record<string, string>>;
  readonly deployments: number;
}

export interface Place {
  readonly url: string;
  readonly adminToken: string;
  readonly github: Github;
  readonly fleet: string;
  readonly generation?: Generation;
}

interface Named {
  readonly name: string;
}
interface LiveToken extends Named {
  readonly token: string;
  readonly scopes: readonly { readonly type: string; readonly resource?: string; readonly filter?: string }[];
}

export async function snapshotOf(place: Place): Promise<Snapshot> {
  const classic = place.generation === 'classic';
  const pipesAt = classic ? '/v0/pipes' : '/v1/pipes';
  const { datasources } = await read<{ datasources: Named[] }>(place, '/v0/datasources');
  const { pipes } = await read<{ pipes: Named[] }>(place, pipesAt);
  const { tokens } = await read<{ tokens: LiveToken[] }>(place, '/v0/tokens');
  const { deployments } = classic
    ? { deployments: [] }
    : await read<{ deployments: { status: string }[] }>(place, '/v1/deployments');
  const datafiles: Record<string, string> = {};
  for (const { name } of datasources)
    datafiles[name] = await text(place, `/v0/datasources/${name}.datasource`);
  for (const { name } of pipes) {
    // Where a view's history was cut off is the one thing that no two runs have in common.
    datafiles[name] = (await text(place, `${pipesAt}/${name}.pipe`)).replace(
      /toInt64\(\d+\)/,
      'toInt64(CUT)',
    );
  }
  return {
    datafiles,
    tokens: Object.fromEntries(
      tokens.map(({ name, scopes }) => [
        name,
        scopes.map(({ type, resource, filter }) => [type, resource, filter].filter(Boolean).join(' ')).sort(),
      ]),
    ),
    secrets: await openedSecrets(place, tokens),
    ledger: ledgerOf(place),
    deployments: deployments.filter(({ status }) => !['deleting', 'deleted'].includes(status)).length,
  };
}

const ask = ({ url, adminToken }: Place, path: string): Promise<Response> =>
  fetch(url + path, { headers: { authorization: `Bearer ${adminToken}` } });

async function read<T>(place: Place, path: string): Promise<T> {
  return (await (await ask(place, path)).json()) as T;
}
const text = async (place: Place, path: string): Promise<string> => (await ask(place, path)).text();

async function openedSecrets(place: Place, tokens: readonly LiveToken[]): Promise<Record<string, string>> {
  const opened: Record<string, string> = {};
  for (const [name, value] of place.github.secrets) {
    const known = tokens.find(({ token }) => token === value);
    const claims = known === undefined ? claimsOf(value) : null;
    const pipe = known?.scopes[0]?.resource ?? claims?.scopes[0]?.resource ?? '';
    const { status } = await fetch(`${place.url}/v0/pipes/${pipe}.json?token=${value}`);
    opened[name] = `${known?.name ?? JSON.stringify(claims)} answers ${status}`;
  }
  return opened;
}

/** What a JWT says, without its times. */
function claimsOf(jwt: string): { name: string; scopes: { resource: string }[] } | null {
  const payload = jwt.split('.')[1];
  if (payload === undefined) return null;
  const { name, scopes } = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return { name, scopes };
}

/** Every entry in words: a fingerprint either is that of the secret or is not. */
function ledgerOf({ github, fleet }: Place): Record<string, string> {
  const variable = [...github.variables.values()][0];
  const read = variable === undefined ? null : decodeLedger(fleet, variable);
  if (read?.kind !== 'present') return {};
  const entries = read.ledger.get('repository') ?? new Map();
  return Object.fromEntries(
    [...entries].map(([name, entry]) => {
      const value = github.secrets.get(name);
      const fits = value !== undefined && entry.fingerprint === fingerprint(name, new Secret(value));
      const kind = entry.jwt === null ? 'static' : `JWT ${entry.jwt.claims}`;
      return [name, `${entry.tenant}, ${kind}, ${entry.pending ? 'pending' : fits ? 'right' : 'wrong'}`];
    }),
  );
}
