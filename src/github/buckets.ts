// The layout `packed`: a fixed number of secrets that many tenants share, so that one tenant more rewrites one of them.
import { createHash } from 'node:crypto';

/** Fixed: a tenant must not move because another one came. */
export const BUCKETS = 64;

/** From 0: the first byte of SHA-256 of the tenant's id (UTF-8) modulo 64, which a shell can compute, too. */
export function bucketOf(tenant: string): number {
  const [first = 0] = createHash('sha256').update(tenant, 'utf8').digest();
  return first % BUCKETS;
}

/** `<prefix>BUCKET_07`, in upper case as GitHub keeps names. */
export const bucketName = (prefix: string, bucket: number): string =>
  `${prefix}BUCKET_${String(bucket).padStart(2, '0')}`.toUpperCase();

export const bucketNames = (prefix: string): string[] =>
  Array.from({ length: BUCKETS }, (_, bucket) => bucketName(prefix, bucket));

export interface Packed {
  readonly tenant: string;
  readonly role: string;
  readonly value: string;
}

/**
 * JSON on one line, tenant → role → value, keys sorted by their UTF-16 units. Written key by key: an object would put `7`
 * before `10`, and lose a tenant called `__proto__`.
 */
export function bucketText(values: readonly Packed[]): string {
  const tenants = Map.groupBy(values, ({ tenant }) => tenant);
  return object(
    [...tenants].map(([tenant, roles]) => [
      tenant,
      object(roles.map(({ role, value }) => [role, JSON.stringify(value)])),
    ]),
  );
}

const object = (members: readonly (readonly [key: string, json: string])[]): string =>
  `{${members
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, json]) => `${JSON.stringify(key)}:${json}`)
    .join(',')}}`;
