// In which order secrets are written and deleted: nothing that moves is ever nowhere, unless there is no room for both.
import type { SecretChanges } from './changes.ts';
import { MOST_SECRETS } from './secrets.ts';

export interface Step {
  readonly kind: 'written' | 'deleted';
  readonly name: string;
  /** It is only done when these are there by then. */
  readonly after: readonly string[];
}

export interface OrderAsked {
  readonly writes: readonly string[];
  readonly deletes: SecretChanges['deletes'];
  /** Names that hold what they should. */
  readonly unchanged: readonly string[];
  readonly existing: ReadonlySet<string>;
}

/**
 * What nobody needs any more goes first. What moves goes as soon as its values are in their new homes; while the place is
 * full, one of those goes before that: static values live in the workspace and JWTs are minted again, so a run that is
 * killed there loses nothing.
 */
export function inOrder({ writes, deletes, unchanged, existing }: OrderAsked): Step[] {
  const steps: Step[] = deletes.flatMap(({ name, homes }) =>
    homes === undefined ? [{ kind: 'deleted', name, after: [] }] : [],
  );
  let count = existing.size - steps.length;
  const pending = new Set(writes);
  const settled = new Set([...writes, ...unchanged]);
  const moving = deletes.flatMap(({ name, homes }) =>
    homes?.every((home) => settled.has(home)) ? [{ name, homes }] : [],
  );
  const isMoved = (homes: readonly string[]): boolean => homes.every((home) => !pending.has(home));
  for (const name of writes) {
    if (!existing.has(name)) {
      if (count >= MOST_SECRETS) {
        const at = Math.max(
          0,
          moving.findIndex(({ homes }) => isMoved(homes)),
        );
        const [gone] = moving.splice(at, 1);
        if (gone !== undefined) {
          steps.push({ kind: 'deleted', name: gone.name, after: isMoved(gone.homes) ? gone.homes : [] });
          count -= 1;
        }
      }
      count += 1;
    }
    steps.push({ kind: 'written', name, after: [] });
    pending.delete(name);
  }
  return [...steps, ...moving.map(({ name, homes }) => ({ kind: 'deleted' as const, name, after: homes }))];
}
