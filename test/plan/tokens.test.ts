// What becomes of a static token: which differences count, what they do to its access, and who made them.
import { expect, test } from 'vitest';
import { marked } from '../../src/datafile/marker.ts';
import type { Access, Desired, LiveToken, Scope, Token } from '../../src/model.ts';
import { claimsHash, staticVerdict } from '../../src/plan/tokens.ts';

const PIPE: Scope = { type: 'PIPES:READ', resource: 'usage' };
const events = (filter?: string): Scope => ({
  type: 'DATASOURCES:READ',
  resource: 'events',
  ...(filter === undefined ? {} : { filter }),
});
const ACME = events("tenant_id = 'acme'");

const tokenWith = (scopes: readonly Scope[]): Token => {
  return { kind: 'token', name: 'acme_read', via: 'static', scopes, ttl: 0, rps: null };
};

/** `written`: the scopes that the marker was written for. */
function verdictOf({ live, wanted, written }: Record<'live' | 'wanted' | 'written', readonly Scope[]>) {
  const sha = claimsHash(tokenWith(written));
  const token: LiveToken = {
    id: 'id',
    name: 'acme_read',
    description: marked('', { fleet: 'usage', tenant: 'acme', set: 'own-token', sha }),
    value: null,
    scopes: live.map(({ type, resource, filter }) => ({ type, resource, filter: filter ?? null })),
    origin: 'C',
  };
  const after: Desired = {
    key: 'token/acme_read',
    resource: tokenWith(wanted),
    tenant: 'acme',
    set: 'own-token',
    role: 'read',
    sha: '',
    from: 'own-token/read.token.hbs',
  };
  return staticVerdict(after, token, true);
}

test.each([
  ['the order', [ACME, PIPE], [PIPE, ACME]],
  ['blanks and line ends', [PIPE, events("  tenant_id='acme'\n")], [PIPE, ACME]],
  ['a comment', [PIPE, events("tenant_id /* theirs */ = 'acme'")], [PIPE, ACME]],
])('%s is no difference', (_, live, wanted) => {
  expect(verdictOf({ live, wanted, written: wanted })).toEqual({ kind: 'unchanged' });
});

const BOTH = ['revokes-access', 'widens-access'];
const filtered = "DATASOURCES:READ events (tenant_id = 'acme')";

test.each<{
  says: string;
  live: Scope[];
  wanted: Scope[];
  written?: Scope[];
  hazards: string[];
  access: Access;
}>([
  {
    says: 'a filter taken out by hand opens more',
    live: [PIPE, events()],
    wanted: [PIPE, ACME],
    hazards: BOTH,
    access: { live: ['DATASOURCES:READ events'], listed: [filtered], wider: true, byHand: true },
  },
  {
    says: 'so does a filter whose whole scope is gone',
    live: [PIPE],
    wanted: [PIPE, ACME],
    hazards: BOTH,
    access: { live: [], listed: [filtered], wider: true, byHand: true },
  },
  {
    says: 'a scope taken away by hand opens less',
    live: [ACME],
    wanted: [PIPE, ACME],
    hazards: ['widens-access'],
    access: { live: [], listed: ['PIPES:READ usage'], wider: false, byHand: true },
  },
  {
    says: 'blanks in a string are a difference',
    live: [events("tenant_id = 'ac  me'")],
    wanted: [events("tenant_id = 'ac me'")],
    hazards: BOTH,
    access: {
      live: ["DATASOURCES:READ events (tenant_id = 'ac  me')"],
      listed: ["DATASOURCES:READ events (tenant_id = 'ac me')"],
      wider: true,
      byHand: true,
    },
  },
  {
    says: 'what the list changes was not changed by hand',
    live: [PIPE, ACME],
    wanted: [ACME],
    written: [PIPE, ACME],
    hazards: ['revokes-access'],
    access: { live: ['PIPES:READ usage'], listed: [], wider: true, byHand: false },
  },
])('$says', ({ live, wanted, written = wanted, hazards, access }) => {
  const verdict = verdictOf({ live, wanted, written });
  expect(verdict).toMatchObject({ kind: 'change', change: { action: 'update', hazards, access } });
});
