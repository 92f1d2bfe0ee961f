// What a comment keeps of a plan: enough to name what differs and to know a risk again, small for any plan.
import { describe, expect, test } from 'vitest';
import { writeMarker } from '../../src/github/marker.ts';
import type { Change, Plan } from '../../src/model.ts';
import { departure, digestOf, partsOf, riskDigest, risksOf } from '../../src/plan/digest.ts';
import { checksumOf } from '../../src/plan/steps.ts';

const asIs = (id: string): string => id;
const before = { id: 'x', sha: 's1' };

function planOf(...changes: Change[]): Plan {
  return {
    steps: [{ name: 'apply', changes }],
    unchanged: 0,
    orphans: [],
    conflicts: [],
    liveTenants: [],
    foreign: 0,
    checksum: checksumOf(changes),
  };
}
type Delete = Extract<Change, { action: 'delete' }>;
const gone = (tenant: string, more: Partial<Delete> = {}): Change => ({
  key: `datasource/${tenant}_events`,
  tenant,
  hazards: ['loses-data'],
  action: 'delete',
  why: 'removed',
  before,
  ...more,
});

describe('what differs', () => {
  test('by tenant: new, different, gone; the project is nobody', () => {
    const reviewed = digestOf(planOf(gone('acme'), gone('hooli'), gone('stark')), asIs);
    const shared = { ...gone('x'), tenant: null };
    const now = partsOf(
      planOf(gone('acme'), gone('hooli', { before: { id: 'x', sha: 's2' } }), shared),
      asIs,
    );
    expect(departure(reviewed, now)).toEqual({ added: [''], changed: ['hooli'], gone: ['stark'] });
  });

  test('a renewal is no change of plan', () => {
    const key = 'token/acme_read' as const;
    const resource = {
      kind: 'token',
      name: 'acme_read',
      via: 'jwt',
      scopes: [],
      ttl: 60,
      rps: null,
    } as const;
    const after = { key, resource, tenant: 'acme', set: null, role: 'read', sha: '', from: 'x' };
    const renewal: Change = {
      key,
      tenant: 'acme',
      hazards: [],
      action: 'update',
      fields: ['expiry'],
      before,
      after,
    };
    expect(partsOf(planOf(renewal), asIs)).toEqual(new Map());
  });

  test('whatever the number of tenants, the marker leaves room for the plan', () => {
    const ids = (n: number) => Array.from({ length: n }, (_, index) => `customer-${index}`);
    const some = digestOf(planOf(...ids(250).map((id) => gone(id))), asIs);
    expect(some.parts?.size).toBe(250);
    const many = digestOf(planOf(...ids(5_000).map((id) => gone(id))), asIs);
    expect(many).toMatchObject({ parts: null, risks: null });
    const marker = { workspace: 'w', tenants: 't', phase: 'planned' } as const;
    for (const digest of [some, many]) expect(writeMarker({ ...marker, digest }).length).toBeLessThan(20_000);
    expect(departure(many, new Map())).toBeNull();
  });
});

describe('a risk', () => {
  test('is what loses data or breaks readers, and any resource that goes; a token that goes is not', () => {
    const key = 'token/acme_read' as const;
    const token = gone('acme', { key, hazards: ['revokes-access'] });
    const pipe = gone('acme', { key: 'pipe/acme_mv', hazards: [] });
    expect(risksOf(planOf(token, pipe, gone('acme'))).map((change) => change.key)).toEqual([
      'pipe/acme_mv',
      'datasource/acme_events',
    ]);
  });

  test('a removal is the same whatever was last in it, for the same reason only', () => {
    const now = riskDigest(gone('acme'));
    expect(riskDigest(gone('acme', { before: { id: 'y', sha: 's2' } }))).toBe(now);
    expect(riskDigest(gone('acme', { why: 'pruned' }))).not.toBe(now);
    expect(riskDigest(gone('hooli'))).not.toBe(now);
  });
});
