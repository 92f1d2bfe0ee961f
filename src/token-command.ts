// `tinybird-tenants token list | show TENANT/ROLE | mint TENANT/ROLE`. A value goes to standard output, and only where it was asked for.
import { Stop, unwrap } from './errors.ts';
import { readContext } from './github/context.ts';
import type { Inputs } from './inputs.ts';
import { noRole, parseTtl, setOf, tenantOf } from './mintable.ts';
import { openMinter } from './minter.ts';
import { type Around, type OpenFleet, openFleet } from './open-fleet.ts';
import { onlyTenants } from './read-sources.ts';
import { forLog, type Redact } from './redact.ts';
import { tokenDetails, tokenJson, tokenTable } from './report/tokens.ts';
import { openVault, secretsTarget, type Vault } from './secrets/vault.ts';
import { type TokenEntry, tokenInventory } from './token-inventory.ts';

export interface TokenFlags {
  /** What stands behind `token`. */
  readonly args: readonly string[];
  readonly json: boolean;
  readonly reveal: boolean;
  readonly ttl: string | null;
}

export interface At extends Around {
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
  readonly redact: Redact;
}

/** What goes to standard output, and nowhere else: it may hold a token value. Throws a Stop. */
export async function tokenCommand(inputs: Inputs, flags: TokenFlags, at: At): Promise<string> {
  const [name = '', ...rest] = flags.args;
  const [what] = rest;
  if (name === 'list' && what === undefined) return list(inputs, flags, at);
  if (name === 'show' && rest.length === 1) return show(inputs, flags, { at, wish: wishOf(what) });
  if (name === 'mint' && rest.length === 1) return mint(inputs, flags, { at, wish: wishOf(what) });
  throw new Stop(
    'bad-input',
    `There is no command ${JSON.stringify(['token', ...flags.args].join(' '))}. It is token list, token show TENANT/ROLE or token mint TENANT/ROLE; see --help.`,
  );
}

interface Wished {
  readonly tenant: string;
  readonly role: string;
}

/** An id may hold a slash, a role does not. */
function wishOf(text = ''): Wished {
  const [, tenant, role] = /^(.+)\/([^/]+)$/s.exec(text) ?? [];
  if (tenant !== undefined && role !== undefined) return { tenant, role };
  throw new Stop('bad-input', `${JSON.stringify(text)} is not TENANT/ROLE, such as acme/read.`);
}

async function list(inputs: Inputs, { json }: TokenFlags, at: At): Promise<string> {
  await using fleet = await openFleet(inputs, at);
  const only = onlyTenants(inputs.tenant, fleet.sources.fleet);
  const entries = await inventory(inputs, { at, fleet, only });
  return json ? at.redact(jsonText(entries.map(tokenJson))) : forLog(at.redact(tokenTable(entries)));
}

interface Showing {
  readonly at: At;
  readonly wish: Wished;
}

async function show(inputs: Inputs, { json, reveal }: TokenFlags, { at, wish }: Showing): Promise<string> {
  if (reveal && (json || !at.terminal)) {
    throw new Stop(
      'bad-input',
      `--reveal shows a value on a terminal only, ${json ? 'never with --json' : 'and standard output is none'}. Nothing was sent.`,
    );
  }
  await using fleet = await openFleet(inputs, at);
  const tenant = tenantOf(fleet.sources.fleet, wish.tenant);
  const set = setOf(fleet.sources, tenant);
  const entries = await inventory(inputs, { at, fleet, only: new Set([tenant.id]) });
  const entry = entries.find(({ role }) => role === wish.role);
  if (entry === undefined) {
    if (!set.tokens.some(({ role }) => role === wish.role))
      throw noRole(set, { id: tenant.id, role: wish.role });
    throw new Stop(
      'bad-input',
      `${wish.tenant}/${wish.role}: the tenant is ${tenant.state}, and there is no such token`,
    );
  }
  if (json) return at.redact(jsonText(tokenJson(entry)));
  const text = forLog(at.redact(tokenDetails(entry)));
  return reveal ? `${text}  token   ${revealed(entry)}\n` : text;
}

function revealed({ tenant, role, via, presence, value }: TokenEntry): string {
  if (value !== null) return value.reveal();
  const what = `${tenant}/${role}`;
  if (via === 'jwt') {
    throw new Stop(
      'bad-input',
      `${what}: a JWT cannot be read back; \`token mint ${what}\` makes another one`,
    );
  }
  const why =
    presence === 'absent'
      ? 'it is not there yet'
      : 'the token given may list tokens, but not see their values: set TINYBIRD_TOKENS_TOKEN to one with the scope TOKENS';
  throw new Stop('bad-input', `${what}: its value cannot be shown: ${why}`);
}

async function mint(inputs: Inputs, { json, ttl }: TokenFlags, { at, wish }: Showing): Promise<string> {
  const life = ttl === null ? null : parseTtl(ttl);
  await using minter = await openMinter(inputs, at);
  const { name, value, expires } = await minter.mint({ ...wish, ttl: life });
  if (!json) return `${value.reveal()}\n`;
  return jsonText({ token: value.reveal(), name, expiresAt: new Date(expires * 1000).toISOString() });
}

interface Looking {
  readonly at: At;
  readonly fleet: OpenFleet;
  readonly only: ReadonlySet<string> | null;
}

async function inventory(inputs: Inputs, { at, fleet, only }: Looking): Promise<TokenEntry[]> {
  const [live, vault] = await Promise.all([
    fleet.connection.reader.tokens(),
    vaultOf(inputs, at, fleet.sources.fleet.name),
  ]);
  const secretPrefix = inputs.secrets.kind === 'none' ? null : inputs['secret-prefix'];
  return tokenInventory({ fleet, live, only, vault, secretPrefix });
}

/** Null where it cannot be asked: outside GitHub Actions, and without a token for it. */
async function vaultOf(inputs: Inputs, { env }: At, fleet: string): Promise<Vault | null> {
  if (env.GITHUB_ACTIONS !== 'true' || inputs['secrets-token'] === null) return null;
  const context = unwrap(readContext(env));
  const wanted = secretsTarget(inputs, context);
  return 'target' in wanted ? openVault(inputs, context, { target: wanted.target, fleet }) : null;
}

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
