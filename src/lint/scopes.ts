// What is wrong with the scopes of a token: parameters that hold nothing, and what a scope opens besides.
import type { Place, Scope } from '../model.ts';
import type { Found } from './finding.ts';
import type { Ground, Issued } from './ground.ts';
import type { Root, Trial } from './isolation.ts';
import { TEXTS } from './texts.ts';
import type { Way } from './ways.ts';

const placeOf = ({ template }: Issued, path: readonly PropertyKey[]): Place => ({
  file: template.file,
  ...template.at(path),
});

/** Parameters that the token fixes, held against what the pipe does with them. */
export function parameterFindings(ground: Ground, { opened }: Root, at: { trial: Trial; way: Way }): Found[] {
  if (opened === null || ground.generation === 'classic') return [];
  const { issued, nth } = opened;
  const scope = issued.token.scopes[nth];
  const { flows, nodes } = at.trial;
  // What is not understood may use anything.
  if (scope === undefined || flows.some(({ flow }) => flow.unread.length > 0)) return [];
  const asked = nodes
    .flatMap((node) => ground.templated(node).atoms)
    .filter((atom) => !atom.startsWith('defined('));
  return Object.entries(scope.fixedParams ?? {}).flatMap(([name, value]): Found[] => {
    const place = placeOf(issued, ['scopes', nth, 'fixed_params', name]);
    const used = flows.filter(({ flow }) => flow.words.has(name));
    const pipe = shownName(scope, ground);
    const isAsked = asked.some((atom) => atom.split(/\W+/).includes(name));
    if (used.length === 0 && !isAsked)
      return [{ rule: 'unused-fixed-param', level: 'warning', ...place, ...TEXTS.unused(name, pipe) }];
    const isOwn = typeof value !== 'boolean' && ground.owns(at.way.tenant, value);
    const isOpen = flows.some(({ flow, reads }) => !flow.words.has(name) && reads.length > 0);
    if (!isOwn || !isOpen || used.length === 0) return [];
    return [
      { rule: 'optional-fixed-param', level: 'warning', ...place, ...TEXTS.optionalParameter(name, pipe) },
    ];
  });
}

/** A name of the tenant's own would differ from tenant to tenant. */
const shownName = ({ resource }: Scope, ground: Ground): string =>
  ground.project.has(resource) ? resource : 'the pipe';

/** What a scope opens besides what it says. `copies`: some copy pipe, or null. */
export function scopeFindings(
  ground: Ground,
  issued: Issued,
  at: { way: Way; copies: string | null },
): Found[] {
  const isJwt = issued.token.via === 'jwt' && ground.generation === 'forward';
  const found: Found[] = [];
  const reads = issued.scopes.some(({ scope }) => scope.type === 'PIPES:READ');
  if (!isJwt && reads && at.copies !== null && ground.generation === 'forward') {
    found.push({
      rule: 'static-token-and-copies',
      level: 'warning',
      ...placeOf(issued, ['kind']),
      ...TEXTS.copies(at.copies),
    });
  }
  for (const { scope, nth } of issued.scopes) {
    if (scope.type !== 'DATASOURCES:READ' || !ground.project.has(scope.resource)) continue;
    // The set says why it opens the whole table.
    if (at.way.set.allowWide !== null && scope.filter === undefined) continue;
    // On Classic a filter is all there is; what it does to the quarantine is not documented.
    if (ground.generation === 'classic' && scope.filter !== undefined) continue;
    if (ground.shared(scope.resource).tenantColumns.size === 0) continue;
    const place = placeOf(issued, ['scopes', nth]);
    const said = TEXTS.quarantine(scope.resource);
    found.push({ rule: 'quarantine-readable', level: 'warning', ...place, ...said });
  }
  return found;
}
