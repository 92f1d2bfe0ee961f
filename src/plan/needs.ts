// What a resource needs to be there before it: the names in its SQL, its target and its scopes.
import { mentionsIn } from '../datafile/mentions.ts';
import { type Change, nameOf, type Resource } from '../model.ts';
import { viewOf } from './views.ts';

/** Every word of its SQL, too: whoever asks knows which of them are resources. */
export function namesIn(resource: Resource): string[] {
  switch (resource.kind) {
    case 'datasource':
      return [];
    case 'pipe': {
      const target = viewOf(resource)?.target;
      const words = resource.nodes.flatMap(({ sql }) => mentionsIn(sql).map(({ name }) => name));
      return target === undefined ? words : [target, ...words];
    }
    case 'token':
      return resource.scopes.map((scope) => scope.resource);
  }
}

/**
 * Changes so that each comes after what it needs, and a view with its history before whatever else reads its table.
 * Ties stay as they are; what needs each other in a circle is for the server to refuse. `resourceOf`: what a change is
 * about, if anybody knows.
 */
export function inNeed(
  changes: readonly Change[],
  resourceOf: (change: Change) => Resource | undefined,
): Change[] {
  const targetOf = (change: Change): string | undefined => {
    const resource = resourceOf(change);
    return resource?.kind === 'pipe' ? viewOf(resource)?.target : undefined;
  };
  const byName = new Map(changes.map((change) => [nameOf(change.key), change]));
  const fillers = Map.groupBy(changes, targetOf);
  const done = new Set<Change>();
  const order: Change[] = [];
  const take = (change: Change): void => {
    if (done.has(change)) return;
    done.add(change);
    const resource = resourceOf(change);
    const names = resource === undefined ? [] : namesIn(resource);
    for (const name of names) {
      const need = byName.get(name);
      if (need !== undefined) take(need);
      if (targetOf(change) === undefined) for (const view of fillers.get(name) ?? []) take(view);
    }
    order.push(change);
  };
  for (const change of changes) take(change);
  return order;
}
