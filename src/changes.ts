// What is different, what is planned about it, and what became of that.
import type { Datafile } from './datafile/types.ts';
import type { Desired, Key } from './model.ts';

export type Hazard = 'loses-data' | 'breaks-readers' | 'revokes-access' | 'widens-access';

/** One difference between desired and live. */
export type Change = {
  readonly key: Key;
  readonly tenant: string | null;
  readonly hazards: readonly Hazard[];
  /** Rows of the data source that is deleted or replaced, or of which an update loses some. */
  readonly rows?: number | null;
  /** Nothing changed in the repository: what is live is not what the marker's hash was made from. */
  readonly drift?: true;
  /** A token follows another one of its role, or makes room for it: time asks for it, not the list. */
  readonly rotation?: true;
} & (
  | { readonly action: 'create'; readonly after: Desired }
  | {
      readonly action: 'update';
      readonly after: Desired;
      readonly before: Before;
      readonly fields: readonly string[];
      /** Of a static token whose scopes differ. */
      readonly access?: Access;
    }
  | { readonly action: 'replace'; readonly after: Desired; readonly before: Before; readonly why: string }
  | {
      readonly action: 'delete';
      readonly before: Before;
      readonly why: 'removed' | 'suspended' | 'narrowed' | 'pruned' | 'rotated' | 'replaced';
    }
);
export type Action = Change['action'];

/** How what a live token opens differs from what the list says, in words: `DATASOURCES:READ events (tenant_id = 'acme')`. */
export interface Access {
  /** Live only: it goes. */
  readonly live: readonly string[];
  /** In the list only: it comes. */
  readonly listed: readonly string[];
  /** The live one opens something that the list does not. */
  readonly wider: boolean;
  /** It is not as it was last written by us: somebody changed it in the workspace. */
  readonly byHand: boolean;
}

/** What a change starts from: enough to show it and to hash it. */
export interface Before {
  readonly id: string;
  /** The marker's sha, or a hash of what the lists tell. */
  readonly sha: string;
  /** What is live, as the lists tell it; of a data source or pipe that is updated or deleted. */
  readonly datafile?: Datafile;
  /** As the server writes it, UTC. */
  readonly updatedAt?: string;
  /** Who wrote it last, if the server says so. */
  readonly editedBy?: string;
}

export type StepName = 'revoke' | 'apply' | 'tokens' | 'remove';
export interface Step {
  readonly name: StepName;
  readonly changes: readonly Change[];
}

export interface Plan {
  /** In the order they are carried out; never an empty step. */
  readonly steps: readonly Step[];
  readonly unchanged: number;
  /** Ours and live, but neither desired nor removed by the list; they stay. */
  readonly orphans: readonly Orphan[];
  /** Ids of the tenants of this fleet that have something live, sorted. */
  readonly liveTenants: readonly string[];
  /** Unmarked or of another fleet; untouched. */
  readonly foreign: number;
  readonly conflicts: readonly Conflict[];
  /** Hash over (action, key, hash before, hash after), sorted: no clock, no row counts. */
  readonly checksum: string;
}
export interface Orphan {
  readonly key: Key;
  readonly tenant: string;
  readonly rows: number | null;
}
export interface Conflict {
  readonly key: Key;
  readonly tenant: string | null;
  readonly why: string;
  /** What `adopt` would change, where it can be adopted. */
  readonly adopting?: Change;
}

/** What became of a planned change; exactly one each. */
export type Outcome = { readonly key: Key; readonly tenant: string | null; readonly action: Action } & (
  | { readonly result: 'applied' }
  | { readonly result: 'failed'; readonly error: string }
  | { readonly result: 'skipped'; readonly because: string }
);

/** What rotation asks of a plan, by names of tokens. */
export interface Rotation {
  /** To be made: each follows another token of its role. */
  readonly next: ReadonlySet<string>;
  /** To go: the token that follows has long been handed out. */
  readonly retired: ReadonlySet<string>;
  /** To go in the same deployment that makes the token that follows. */
  readonly replaced: ReadonlySet<string>;
  /** To get another value under the same name, at once. */
  readonly refreshed: ReadonlySet<string>;
  /** JWTs to be minted again, however long they live. */
  readonly renewed: ReadonlySet<string>;
}
