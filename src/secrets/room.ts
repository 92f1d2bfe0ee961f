// Whether what is to be written fits: counted before anything is sent, so that GitHub has nothing to refuse late.

import { readProblem, Stop } from '../errors.ts';
import { bucketText } from '../github/buckets.ts';
import { digestOf } from '../github/digest.ts';
import { type Entry, encodeLedger } from '../github/ledger.ts';
import { MOST_BYTES, roomFor, targetName } from '../github/secrets.ts';
import type { Desired, LiveToken } from '../model.ts';
import { grouped, plural } from '../numbers.ts';
import type { Content, Part } from './contents.ts';
import type { SecretsDue } from './due.ts';
import { entriesOf, type Vault } from './vault.ts';

export interface RoomAsked {
  readonly due: SecretsDue;
  readonly desired: readonly Desired[];
  readonly tokens: readonly LiveToken[];
  readonly fleet: string;
}

const WAYS =
  'Ways out: give a part of the tenants a list of its own with an environment of its own (`secrets: environment:NAME`), hand values out with `secrets: none` and `tokens-file`, or let your backend mint them (`mintToken` of tinybird-tenants)';

/** Throws a Stop with the sum and the ways out. */
export function refuseOverflow(vault: Vault, asked: RoomAsked): void {
  const { changes } = asked.due;
  const existing = new Set(vault.existing);
  const more = changes.writes.filter(({ name }) => !existing.has(name)).length;
  const full = roomFor(vault.target, { existing: existing.size - changes.deletes.length, more });
  if (full !== null) throw new Stop('quota', `${full}. ${waysFrom(asked.due)}. Nothing was sent.`);
  refuseLargeBuckets(asked);
  refuseLargeLedger(vault, asked);
}

/** A bucket is no way out of buckets. */
const waysFrom = ({ contents }: SecretsDue): string =>
  [...contents.values()].some(({ tenant }) => tenant === null)
    ? WAYS
    : WAYS.replace('Ways out: ', 'Ways out: `secret-layout: packed`, ');

function refuseLargeBuckets({ due, desired, tokens }: RoomAsked): void {
  const sizeOf = valueSizes(desired, tokens);
  const buckets = due.changes.writes.flatMap(({ name }) => {
    const content = due.contents.get(name);
    if (content === undefined || content.tenant !== null) return [];
    return [{ name, tokens: content.parts.length, bytes: bytesOf(content, sizeOf) }];
  });
  const [largest] = buckets.toSorted((one, other) => other.bytes - one.bytes);
  if (largest === undefined || largest.bytes <= MOST_BYTES) return;
  const sum = (of: 'tokens' | 'bytes') => buckets.reduce((total, one) => total + one[of], 0);
  const [count, bytes] = [sum('tokens'), sum('bytes')];
  throw new Stop(
    'quota',
    `The values do not fit into secrets: ${plural(count, 'token')} of about ${grouped(Math.round(bytes / count))} bytes each make ${plural(buckets.length, 'bucket')} of ${grouped(bytes)} bytes together, ${largest.name} alone ${grouped(largest.bytes)}; GitHub takes ${grouped(MOST_BYTES)} a secret. ${WAYS}. Nothing was sent.`,
  );
}

const bytesOf = ({ parts }: Content, sizeOf: (part: Part) => number): number =>
  Buffer.byteLength(bucketText(parts.map((part) => ({ ...part, value: 'x'.repeat(sizeOf(part)) }))));

/** Of a static token that nobody has seen yet, when no other one can be seen either. */
const USUAL_STATIC = 200;
/** Header and signature of a JWT (HS256), its dots, and what every payload says: workspace, end. */
const JWT_FRAME = 36 + 43 + 2;
const JWT_PAYLOAD = { workspace_id: 'x'.repeat(36), exp: 9_999_999_999 };

/** In bytes. Static tokens of a workspace are all about as long; a JWT is as long as what it says. */
function valueSizes(desired: readonly Desired[], tokens: readonly LiveToken[]): (part: Part) => number {
  const wanted = new Map(desired.map(({ resource }) => [resource.name, resource]));
  const known = tokens.map(({ value }) => value?.reveal().length ?? 0);
  const usual = known.reduce((one, other) => Math.max(one, other), 0) || USUAL_STATIC;
  return (part) => {
    if (part.kind === 'static') return part.value?.reveal().length ?? usual;
    const resource = wanted.get(part.name);
    const said = resource?.kind === 'token' ? { scopes: resource.scopes, limits: { rps: resource.rps } } : {};
    const payload = JSON.stringify({ ...JWT_PAYLOAD, name: part.name, ...said });
    return JWT_FRAME + Math.ceil((Buffer.byteLength(payload) * 4) / 3);
  };
}

/** As it is while everything is announced and nothing deleted. */
function refuseLargeLedger(vault: Vault, { due, fleet }: RoomAsked): void {
  const { ledger, target } = vault;
  if (due.changes.writes.length === 0) return;
  const entries = new Map(entriesOf(vault));
  for (const { name } of due.changes.writes) {
    const content = due.contents.get(name);
    if (content !== undefined) entries.set(name, fullEntry(content));
  }
  const all = ledger.kind === 'present' ? ledger.ledger : [];
  const encoded = encodeLedger(fleet, new Map(all).set(targetName(target), entries));
  if (!encoded.ok)
    throw new Stop('quota', `${encoded.problems.map(readProblem).join('; ')}. ${WAYS}. Nothing was sent.`);
}

function fullEntry({ tenant, parts }: Content): Entry {
  const jwts = parts.filter((part) => part.kind === 'jwt');
  const [time, hash] = [9_999_999_999, 'x'.repeat(16)];
  const bucket = tenant === null ? { digest: digestOf(jwts), latest: time } : {};
  return {
    tenant,
    fingerprint: hash,
    jwt: jwts.length > 0 ? { claims: hash, expires: time, ...bucket } : null,
    pending: true,
    switched: { slot: time, since: time },
  };
}
