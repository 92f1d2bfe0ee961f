// Packs the tokens of a fleet into sealed secrets, without GitHub: what a first run that stores them computes.
import { generateKeyPairSync } from 'node:crypto';
import { createClient } from '../src/github/client.ts';
import { seal } from '../src/github/seal.ts';
import type { Desired, Fleet, Live } from '../src/model.ts';
import { Secret } from '../src/secret.ts';
import { secretsDue } from '../src/secrets/due.ts';
import { fill } from '../src/secrets/filling.ts';
import { keepingOf } from '../src/secrets/keeping.ts';
import type { Vault } from '../src/secrets/vault.ts';

const PUBLIC_KEY = generateKeyPairSync('x25519')
  .publicKey.export({ format: 'der', type: 'spki' })
  .subarray(-32)
  .toString('base64');

/** Nobody is asked. */
const vault: Vault = {
  client: createClient({
    token: new Secret('ghp_nobody'),
    tokenInput: 'secrets-token',
    repository: 'acme/customers',
    apiUrl: 'http://127.0.0.1:9',
  }),
  target: { kind: 'repository' },
  ledger: { kind: 'absent' },
  existing: [],
  layout: 'packed',
};

/** Milliseconds. */
export function pack(desired: readonly Desired[], live: Live, fleet: Fleet): number {
  const started = performance.now();
  const switches = { prune: false, adopt: false, tokensOnly: false };
  const keeping = keepingOf(vault, {
    desired,
    sources: { fleet, sets: new Map() },
    prefix: 'T_',
    ...switches,
  });
  const none: ReadonlySet<string> = new Set();
  const { changes, contents } = secretsDue(vault, {
    ...{ desired, live, fleet, keeping, only: null, ...switches, now: 0 },
    ...{ renewed: none, heldBack: none, afterwards: true },
  });
  for (const { name } of changes.writes) {
    const content = contents.get(name);
    if (content === undefined) throw new Error(`${name} has no content`);
    const filled = fill(content, { minted: new Map(), before: undefined, now: 0 });
    if ('missing' in filled) throw new Error(`${name}: ${filled.missing}`);
    seal(filled.value, PUBLIC_KEY);
  }
  if (changes.writes.length === 0) throw new Error('no secret is due');
  return performance.now() - started;
}
