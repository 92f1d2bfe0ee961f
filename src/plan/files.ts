// What happens to data sources and pipes: desired against live, one decision each.
import { hash } from 'node:crypto';
import type { Datafile } from '../datafile/types.ts';
import { assertNever } from '../errors.ts';
import type {
  Before,
  Change,
  Conflict,
  Desired,
  Hazard,
  LiveResource,
  Marker,
  Orphan,
  Tenant,
} from '../model.ts';
import { differences, isEdited, lineOf } from './differences.ts';
import type { Owner } from './owned.ts';

export interface Fact {
  readonly resource: LiveResource;
  readonly owner: Owner;
}

export type Verdict =
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'conflict'; readonly conflict: Conflict }
  | { readonly kind: 'orphan'; readonly orphan: Orphan }
  | { readonly kind: 'foreign' };

export const UNCHANGED: Verdict = { kind: 'unchanged' };

/** Something the repository asks for, against what has its name in the workspace. */
export function desiredVerdict(after: Desired, fact: Fact | undefined, adopt: boolean): Verdict {
  if (fact === undefined) {
    return {
      kind: 'change',
      change: { action: 'create', key: after.key, tenant: after.tenant, hazards: [], after },
    };
  }
  const why = conflict(after, fact, adopt);
  if (why !== null) {
    const adopted = adopt ? null : desiredVerdict(after, fact, true);
    const adopting = adopted?.kind === 'change' ? { adopting: adopted.change } : {};
    return { kind: 'conflict', conflict: { key: after.key, tenant: after.tenant, why, ...adopting } };
  }
  if (after.resource.kind === 'token') return UNCHANGED;
  const { resource, owner } = fact;
  const unfilled = owner.kind === 'ours' && owner.marker.cutoff !== undefined;
  const same = owner.kind === 'ours' && owner.marker.sha === after.sha && !unfilled;
  if (same && !isEdited(after.resource, resource.datafile)) return UNCHANGED;
  const { fields, hazards } = differences(after.resource, resource.datafile);
  if (fields.length === 0 && after.tenant === null) return UNCHANGED;
  return {
    kind: 'change',
    change: {
      action: 'update',
      key: after.key,
      tenant: after.tenant,
      hazards,
      ...(same ? { drift: true } : {}),
      after,
      // With drift the marker says nothing about what is live.
      before: beforeOf(resource, owner.kind === 'unmarked' || same ? shaOf(resource) : owner.marker.sha),
      // The text differs where the lists do not tell, e.g. an index.
      fields: [...(fields.length > 0 || unfilled ? fields : ['text']), ...(unfilled ? ['history'] : [])],
    },
  };
}

function beforeOf({ id, datafile, updatedAt, editedBy }: LiveResource, sha: string): Before {
  return {
    id,
    sha,
    datafile,
    ...(updatedAt === '' ? {} : { updatedAt }),
    ...(editedBy === undefined ? {} : { editedBy }),
  };
}

function conflict(after: Desired, { resource, owner }: Fact, adopt: boolean): string | null {
  if (resource.key !== after.key) return `a ${resource.datafile.kind} of that name exists`;
  switch (owner.kind) {
    case 'ours':
      if (after.tenant === null)
        return `the project wants it, but it belongs to tenant ${quote(owner.marker.tenant)}`;
      if (owner.marker.tenant !== after.tenant) {
        return `it belongs to tenant ${quote(owner.marker.tenant)}, whose data ${quote(after.tenant)} would inherit; give ${quote(after.tenant)} another \`slug\``;
      }
      return null;
    case 'other':
      return `it belongs to ${belongsTo(owner.marker)}`;
    case 'unmarked':
      return after.tenant === null || adopt ? null : 'it exists and carries no marker of ours';
    default:
      return assertNever(owner);
  }
}

/** Something live that nothing in the repository asks for. */
export function liveVerdict({ resource, owner }: Fact, tenant: Tenant | undefined, prune: boolean): Verdict {
  if (owner.kind !== 'ours') return { kind: 'foreign' };
  // Suspended: access is revoked through the tokens, data is kept, whatever the set says by now.
  if (tenant?.state === 'suspended') return UNCHANGED;
  const { key, rows } = resource;
  const why = tenant?.state === 'removed' ? 'removed' : prune ? 'pruned' : null;
  if (why === null) return { kind: 'orphan', orphan: { key, tenant: owner.marker.tenant, rows } };
  return {
    kind: 'change',
    change: {
      action: 'delete',
      key,
      tenant: owner.marker.tenant,
      hazards: hazardsOfLoss(resource.datafile),
      before: beforeOf(resource, owner.marker.sha),
      why,
      rows,
    },
  };
}

/** A view or a copy has no readers of its own. */
function hazardsOfLoss(datafile: Datafile): Hazard[] {
  if (datafile.kind === 'datasource') return ['loses-data'];
  return datafile.nodes.some((node) => node.type === 'endpoint') ? ['breaks-readers'] : [];
}

/** Whatever the order of tokens in their list. */
function shaOf({ datafile }: LiveResource): string {
  const grants = datafile.grants.map(lineOf).sort();
  return hash('sha256', JSON.stringify({ ...datafile, grants })).slice(0, 16);
}

const belongsTo = (marker: Marker): string =>
  `tenant ${quote(marker.tenant)} of fleet ${quote(marker.fleet)}`;
const quote = (text: string): string => JSON.stringify(text);
