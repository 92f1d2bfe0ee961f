// A list of tenants, the tokens that they have, and the small GitHub: what keeps values, run in this process without a workspace.
import { marked } from '../../src/datafile/marker.ts';
import { unwrap } from '../../src/errors.ts';
import { createClient } from '../../src/github/client.ts';
import { readLedger } from '../../src/github/ledger-variable.ts';
import { listSecretNames, type Target } from '../../src/github/secrets.ts';
import {
  type Desired,
  type Fleet,
  keyOf,
  type LiveJwt,
  type LiveToken,
  type Token,
} from '../../src/model.ts';
import { claimsHash } from '../../src/plan/tokens.ts';
import type { SecretsReport } from '../../src/report/report.ts';
import { firstOf } from '../../src/rotation/slots.ts';
import { type Github, startGithub } from '../../src/sandbox/github/server.ts';
import { Secret } from '../../src/secret.ts';
import { type SecretsDue, secretsDue } from '../../src/secrets/due.ts';
import { type Keeping, keepingOf, liveJwts } from '../../src/secrets/keeping.ts';
import type { Layout } from '../../src/secrets/layout.ts';
import { refuseOverflow } from '../../src/secrets/room.ts';
import { store } from '../../src/secrets/store.ts';
import type { Vault } from '../../src/secrets/vault.ts';
import { compileSets } from '../../src/templates/sets.ts';
import { slugOf } from '../../src/tenants/slug.ts';
import type { Issued } from '../../src/tokens.ts';

export const NOW = 1_800_000_000;
export const DAY = 86_400;

export interface Listed {
  readonly id: string;
  /** `static`: a token `read` of the workspace; `jwt`: a JWT `jwt`; `both`. */
  readonly has: 'static' | 'jwt' | 'both';
  readonly state?: 'active' | 'suspended' | 'removed';
  /** What the JWT says. */
  readonly says?: string;
  /** Seconds that it lives. */
  readonly ttl?: number;
}

export interface Doing {
  readonly layout?: Layout | 'auto';
  readonly only?: readonly string[];
  readonly prune?: boolean;
  readonly adopt?: boolean;
  readonly tokensOnly?: boolean;
  readonly now?: number;
  readonly target?: Target;
  /** Names of JWTs that cannot be minted now. */
  readonly heldBack?: readonly string[];
  /** Names of tokens that are new in this run. */
  readonly fresh?: readonly string[];
  /** Names of JWTs for which the workspace gives none. */
  readonly unminted?: readonly string[];
  /** The process is gone before its change of this number, from 1. */
  readonly kill?: number;
  readonly prefix?: string;
}

export interface Kept {
  readonly report: SecretsReport;
  readonly notices: readonly string[];
  readonly due: SecretsDue;
  readonly keeping: Keeping;
  readonly jwts: ReadonlyMap<string, LiveJwt>;
  readonly masked: readonly string[];
  readonly said: readonly string[];
  readonly vault: Vault;
}

const SETS = unwrap(
  compileSets([
    {
      name: 's',
      path: 'sets/s',
      files: new Map([
        ['set.yaml', 'description: x\n'],
        ['read.token.hbs', 'kind: static\nscopes:\n  - PIPES:READ usage\n'],
        ['jwt.token.hbs', 'kind: jwt\nscopes:\n  - PIPES:READ usage\n'],
      ]),
    },
  ]),
);

export class Keeper implements AsyncDisposable {
  readonly github: Github;
  /** Static tokens of the workspace, by name; null for a value that cannot be read. */
  readonly tokens = new Map<string, string | null>();
  list: readonly Listed[] = [];
  #minted = 0;

  constructor(github: Github) {
    this.github = github;
  }

  /** Its token by name, marked as an apply marks it. */
  give(id: string, value: string | null = `p.value-of-${id}`, slot = ''): void {
    this.tokens.set(`${slugOf(id)}_read${slot}`, value);
  }

  forget(): void {
    this.tokens.clear();
    this.#ever.clear();
    this.list = [];
  }

  fleet(): Fleet {
    const tenants = this.list.map(({ id, state = 'active' }, nth) => ({
      ...{ id, slug: slugOf(id), set: 's', vars: {}, state },
      at: { file: 'tenants.yaml', line: nth + 1, column: 1 },
    }));
    return { name: 'usage', workspace: null, tenants };
  }

  desired(): Desired[] {
    const slots = Map.groupBy(this.tokens.keys(), firstOf);
    return this.list.flatMap(({ id, has, state = 'active', says = 'x', ttl = DAY }): Desired[] => {
      if (state !== 'active') return [];
      const slug = slugOf(id);
      const current = slots.get(`${slug}_read`)?.sort().at(-1);
      const token = (name: string, via: Token['via']): Token => ({
        ...{ kind: 'token', name, via, rps: null, ttl: via === 'jwt' ? ttl : 0 },
        scopes: [{ type: 'PIPES:READ', resource: 'usage', fixedParams: { tenant: id, says } }],
      });
      return [
        ...(has === 'jwt' ? [] : [wanted(token(current ?? `${slug}_read`, 'static'), id, 'read')]),
        ...(has === 'static' ? [] : [wanted(token(`${slug}_jwt`, 'jwt'), id, 'jwt')]),
      ];
    });
  }

  live(owners: readonly string[]): LiveToken[] {
    const slugs = new Map(owners.map((id) => [slugOf(id), id]));
    return [...this.tokens].map(([name, value]): LiveToken => {
      const tenant = slugs.get(name.slice(0, name.indexOf('_read'))) ?? '';
      const marker = { fleet: 'usage', tenant, set: 's', sha: 'x' };
      return {
        ...{ id: `id-${name}`, name, scopes: [], origin: null, description: marked('', marker) },
        value: value === null ? null : new Secret(value),
      };
    });
  }

  /** Ids that ever were in the list; whoever is not in it any more is an orphan. */
  readonly #ever = new Set<string>();

  async run(doing: Doing = {}): Promise<Kept> {
    for (const { id } of this.list) this.#ever.add(id);
    const vault = await this.#vault(doing);
    const { prune = false, adopt = false, tokensOnly = false, now = NOW, prefix = 'T_' } = doing;
    const [desired, fleet] = [this.desired(), this.fleet()];
    const sources = { fleet, sets: SETS };
    const keeping = keepingOf(vault, { desired, sources, prefix, prune, tokensOnly });
    const jwts = liveJwts(vault, desired, { fleet, ...keeping });
    const live = { resources: [], tokens: this.live([...this.#ever]), jwts };
    const only = doing.only === undefined ? null : new Set(doing.only);
    const asked = {
      ...{ desired, live, fleet, keeping, only, prune, adopt, tokensOnly, now },
      renewed: new Set<string>(),
      heldBack: new Set(doing.heldBack),
    };
    // As a plan sees it, before anything is made.
    const planned = secretsDue(vault, { ...asked, afterwards: false });
    refuseOverflow(vault, { due: planned, desired, tokens: live.tokens, fleet: 'usage' });
    const due = secretsDue(vault, { ...asked, afterwards: true });
    const masked: string[] = [];
    const said: string[] = [];
    const minted = this.#mint(due, { desired, now, unminted: doing.unminted ?? [] });
    const stored = await store(
      vault,
      { fleet: 'usage', keeping, due, minted, fresh: new Set(doing.fresh), undone: new Set(), now },
      { mask: (value) => masked.push(value), say: (line) => said.push(line) },
    );
    return { ...stored, due, keeping, jwts, masked, said, vault };
  }

  async #vault({ target = { kind: 'repository' }, layout = 'auto', kill }: Doing): Promise<Vault> {
    const client = createClient({
      token: new Secret(this.github.token),
      tokenInput: 'secrets-token',
      repository: this.github.repository,
      apiUrl: this.github.url,
      paceMs: 1,
    });
    let count = 0;
    client.octokit.hook.before('request', ({ method }) => {
      if (method !== 'GET') count += 1;
      if (kill !== undefined && count >= kill) throw new Error('killed');
    });
    const names = await listSecretNames(client, target);
    if (!names.ok) throw new Error(names.failure.sentence);
    return { client, target, ledger: await readLedger(client, 'usage'), existing: names.value, layout };
  }

  #mint(due: SecretsDue, { desired, now, unminted }: Minting): Map<string, Issued> {
    const wanted = new Map(desired.map((one) => [one.resource.name, one]));
    const parts = due.changes.writes.flatMap(({ name }) => due.contents.get(name)?.parts ?? []);
    return new Map(
      parts.flatMap(({ kind, name, tenant, role }) => {
        const resource = wanted.get(name)?.resource;
        if (kind !== 'jwt' || resource?.kind !== 'token' || unminted.includes(name)) return [];
        this.#minted += 1;
        const value = new Secret(`eyJ.${name}.${this.#minted}`);
        const jwt = { claims: claimsHash(resource), expires: now + resource.ttl };
        return [[name, { tenant, role, name, id: name, value, jwt }] as const];
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.github[Symbol.asyncDispose]();
  }
}

interface Minting {
  readonly desired: readonly Desired[];
  readonly now: number;
  readonly unminted: readonly string[];
}

const wanted = (resource: Token, tenant: string, role: string): Desired => ({
  ...{ key: keyOf('token', resource.name), resource, tenant, set: 's', role, sha: '', from: 's' },
});

export const openKeeper = async (): Promise<Keeper> =>
  new Keeper(await startGithub({ repository: 'acme/tenants' }));
