// What `import … from 'tinybird-tenants'` gives: JWTs for a backend that mints its own.
import { join } from 'node:path';
import { systemClock } from './clock.ts';
import { Stop, type StopName, unwrap } from './errors.ts';
import { type InputName, parseInputs } from './inputs.ts';
import { parseTtl } from './mintable.ts';
import { openMinter as open } from './minter.ts';

export { Stop, type StopName };

const SHIPPED_SETS = join(import.meta.dirname, '..', 'datafiles-templates');

/** Where the list, the templates and the workspace are. Relative paths start at the working directory. */
export interface MinterOptions {
  /** Path of the list: a `.yaml`, `.json` or `.csv` file, or a folder. Default: `tenants.yaml`. */
  readonly tenants?: string | undefined;
  /** Folder of the template sets. Default: those that come with this package. */
  readonly templates?: string | undefined;
  /** Folder of the datafiles that all tenants share; needed when tokens open what is declared there. */
  readonly project?: string | undefined;
  /** API host of the workspace's region. Default: `TINYBIRD_HOST`, or `https://api.tinybird.co`. */
  readonly host?: string | undefined;
  /** Token with the scope `TOKENS` or `ADMIN`. Default: `TINYBIRD_TOKEN`. It never leaves the backend. */
  readonly token?: string | undefined;
  /** Id or name of the only workspace to mint for. Default: what the list says, or any. */
  readonly workspace?: string | undefined;
}

export interface MintOptions {
  /** How long the token lives: `90s`, `15m`, `24h`, `7d`; at most the set's `ttl-max`. Default: what its template says. */
  readonly ttl?: string | undefined;
}

export interface MintedToken {
  /** The JWT, to be handed to the tenant's user. It cannot be revoked: it opens what it opens until `expiresAt`. */
  readonly token: string;
  /** Name of the tenant's token, such as `acme_read`; requests under one name share one rate limit. */
  readonly name: string;
  readonly expiresAt: Date;
}

export interface TokenMinter {
  /**
   * One request to the workspace; may be called many times at once.
   *
   * @param tenant id of an active tenant of the list
   * @param role stem of a token template in the tenant's set: `read` for `read.token.hbs`
   * @throws Stop as `mintToken` does
   */
  mint(tenant: string, role: string, options?: MintOptions): Promise<MintedToken>;
  /** Closes the connections, which would keep the process alive. Tokens that are out stay valid. */
  close(): Promise<void>;
}

/**
 * Reads the list, its template sets and the project once and connects to the workspace, so that `mint` is one request.
 * What the list says later is not seen: open another minter when it has changed, or a tenant that was suspended since
 * still gets tokens.
 *
 * @example
 * const minter = await openMinter({ tenants: 'tenants.yaml', project: 'tinybird' });
 * app.post('/sign-in', async (request, response) => {
 *   const { token, expiresAt } = await minter.mint(request.user.tenant, 'read', { ttl: '15m' });
 *   response.json({ token, expiresAt });
 * });
 *
 * @throws Stop when the list could not be applied as it is (`bad-input` and others: the message names file, line and
 *   column), is for another workspace (`wrong-workspace`), or the workspace does not answer (`request-failed`)
 */
export async function openMinter(options: MinterOptions = {}): Promise<TokenMinter> {
  const inputs = unwrap(parseInputs(given(options)));
  const around = { clock: systemClock, env: process.env, shippedSets: SHIPPED_SETS };
  const minter = await open(inputs, around);
  let closing: Promise<void> | null = null;
  return {
    mint: async (tenant, role, { ttl } = {}) => {
      if (closing !== null) throw new Stop('bad-input', 'The minter is closed: open another one.');
      const life = ttl === undefined ? null : parseTtl(ttl);
      const { name, value, expires } = await minter.mint({ tenant, role, ttl: life });
      return { token: value.reveal(), name, expiresAt: new Date(expires * 1000) };
    },
    close: () => {
      closing ??= Promise.resolve(minter[Symbol.asyncDispose]());
      return closing;
    },
  };
}

/**
 * Mints one JWT for a tenant, from the token template of its set. For more than one, `openMinter` does not read and
 * connect each time.
 *
 * @param tenant id of an active tenant of the list
 * @param role stem of a token template in the tenant's set: `read` for `read.token.hbs`
 *
 * @example
 * const { token, expiresAt } = await mintToken('acme', 'read', { project: 'tinybird', ttl: '15m' });
 *
 * @throws Stop with the reason in `stop`: `bad-input` for a tenant that is unknown, suspended or removed, for an unknown
 *   role, for a token that a JWT cannot be (it appends, or opens a data source on a Classic workspace), for a `ttl` beyond
 *   what the set allows, and for all that is wrong with the list; `wrong-workspace`; `request-failed`. No message holds a token.
 */
export async function mintToken(
  tenant: string,
  role: string,
  options: MinterOptions & MintOptions = {},
): Promise<MintedToken> {
  const minter = await openMinter(options);
  try {
    return await minter.mint(tenant, role, options);
  } finally {
    await minter.close();
  }
}

function given({ host, token, ...paths }: MinterOptions): (name: InputName) => string {
  const values: Partial<Record<InputName, string | undefined>> = {
    command: 'plan',
    'tinybird-host': host ?? process.env.TINYBIRD_HOST,
    'tinybird-token': token ?? process.env.TINYBIRD_TOKEN,
    tenants: paths.tenants,
    templates: paths.templates,
    project: paths.project,
    workspace: paths.workspace,
  };
  return (name) => values[name] ?? '';
}
