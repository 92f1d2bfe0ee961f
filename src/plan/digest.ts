// What a plan leaves behind where it is reviewed, small enough for a comment: by it a later plan is told from the reviewed one.
import { hash } from 'node:crypto';
import type { Change, Hazard, Plan } from '../model.ts';
import { changesIn, checksumLine, isRenewal } from './steps.ts';

export interface Digest {
  readonly checksum: string;
  /** Per tenant with a change; the empty id is the project. Null when there are too many. */
  readonly parts: ReadonlyMap<string, string> | null;
  /** One per risk, in no order. Null when there are too many. */
  readonly risks: ReadonlySet<string> | null;
}

/** How a plan departs from the reviewed one, in ids of tenants; the project is ''. */
export interface Departure {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly gone: readonly string[];
}

// A comment holds 65,536 characters, and the plan itself is what people read.
const MOST_PART_CHARACTERS = 12_000;
const MOST_RISKS = 300;
/** Hexadecimal digits: 32 bits tell apart what somebody changed, they keep nobody from searching for a collision. */
const DIGITS = 8;

/** @param named how an id may be written down. */
export function digestOf(plan: Plan, named: (id: string) => string): Digest {
  const parts = partsOf(plan, named);
  const length = [...parts].reduce((sum, [id]) => sum + JSON.stringify(id).length + DIGITS + 5, 0);
  const risks = new Set(risksOf(plan).map(riskDigest));
  return {
    checksum: plan.checksum,
    parts: length > MOST_PART_CHARACTERS ? null : parts,
    risks: risks.size > MOST_RISKS ? null : risks,
  };
}

export function partsOf(plan: Plan, named: (id: string) => string): Map<string, string> {
  const byTenant = Map.groupBy(changesOf(plan), ({ tenant }) => (tenant === null ? '' : named(tenant)));
  return new Map(
    [...byTenant].map(([id, changes]) => [id, short(changes.map(checksumLine).sort().join('\n'))]),
  );
}

/** What people decide about when they review: data and endpoints that go, and what may lose data or break readers. */
export function risksOf(plan: Plan): Change[] {
  return changesOf(plan).filter(
    ({ action, key, hazards }) =>
      (action === 'delete' && !key.startsWith('token/')) || hazards.some((hazard) => RISKS.has(hazard)),
  );
}

const RISKS: ReadonlySet<Hazard> = new Set<Hazard>(['loses-data', 'breaks-readers']);

/**
 * The same form of the same risk. A deletion is one whatever was last in what is deleted; a change is judged by what it
 * starts from and where it leads.
 */
export function riskDigest(change: Change): string {
  const form = change.action === 'delete' ? `delete ${change.key} ${change.why}` : checksumLine(change);
  return short([form, ...change.hazards.toSorted()].join(' '));
}

/** Null when the reviewed plan was too large to say. */
export function departure(reviewed: Digest, now: ReadonlyMap<string, string>): Departure | null {
  const { parts } = reviewed;
  if (parts === null) return null;
  return {
    added: [...now.keys()].filter((id) => !parts.has(id)).sort(),
    changed: [...now].flatMap(([id, part]) => (parts.has(id) && parts.get(id) !== part ? [id] : [])).sort(),
    gone: [...parts.keys()].filter((id) => !now.has(id)).sort(),
  };
}

const short = (text: string): string => hash('sha256', text).slice(0, DIGITS);

const changesOf = (plan: Plan): Change[] => changesIn(plan).filter((change) => !isRenewal(change));
