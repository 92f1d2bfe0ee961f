// What one deployment uploads: on Forward a call is the whole project, whatever it changes.
import { markerOf } from '../datafile/marker.ts';
import { printDatafile } from '../datafile/print.ts';
import type { Change, Desired, Live, LiveResource, Plan, StepName } from '../model.ts';

/** One file of an upload: its text, or whatever is live under that name, less some tokens' lines. */
export type Upload =
  | { readonly kind: 'text'; readonly name: string; readonly text: string }
  | { readonly kind: 'live'; readonly resource: LiveResource; readonly without: ReadonlySet<string> };

export interface Deployment {
  readonly step: StepName;
  readonly destructive: boolean;
  readonly changes: readonly Change[];
  readonly uploads: readonly Upload[];
  /** Names that the server may list; anything else in its lists stops the run. */
  readonly expected: Expected;
}
export interface Expected {
  readonly created: ReadonlySet<string>;
  readonly changed: ReadonlySet<string>;
  readonly deleted: ReadonlySet<string>;
}

export interface World {
  readonly plan: Plan;
  readonly desired: readonly Desired[];
  readonly live: Live;
}

const DEPLOYED: readonly StepName[] = ['revoke', 'apply', 'remove'];

/** Steps that need a deployment, in order. JWTs need none. */
export const deployedSteps = (plan: Plan): StepName[] =>
  plan.steps.map((step) => step.name).filter((name) => DEPLOYED.includes(name));

/** The deployment of one step; `refused` tenants stay as they live, or are left out when they are new. */
export function deploymentOf(world: World, step: StepName, refused: ReadonlySet<string>): Deployment {
  const changes = changesOf(world.plan, step).filter((change) => !refused.has(change.tenant ?? ''));
  const revoked = revokedGrants(world);
  return {
    step,
    destructive: step === 'remove',
    changes,
    uploads: uploads(world, { step, refused, revoked }),
    expected: {
      created: names(changes, 'create'),
      changed: new Set([...names(changes, 'update'), ...(step === 'remove' ? [] : carriers(world, changes))]),
      deleted: names(changes, 'delete'),
    },
  };
}

interface Moment {
  readonly step: StepName;
  readonly refused: ReadonlySet<string>;
  readonly revoked: ReadonlyMap<string, ReadonlySet<string>>;
}

function uploads({ plan, desired, live }: World, { step, refused, revoked }: Moment): Upload[] {
  const done = DEPLOYED.slice(0, DEPLOYED.indexOf(step) + 1);
  const settled = new Map<string, Change>();
  const pending = new Map<string, Change>();
  for (const { name, changes } of plan.steps) {
    for (const change of changes) {
      if (isToken(change)) continue;
      const now = done.includes(name) && !refused.has(change.tenant ?? '');
      (now ? settled : pending).set(nameOf(change), change);
    }
  }
  const files: Upload[] = [];
  const wanted = new Map(desired.map((one) => [one.resource.name, one]));
  for (const resource of live.resources) {
    const { name } = resource;
    if (settled.has(name)) continue;
    const own = wanted.get(name);
    if (own !== undefined && !pending.has(name) && isLive(own, resource)) files.push(textOf(own));
    else files.push({ kind: 'live', resource, without: revoked.get(name) ?? NONE });
  }
  for (const change of settled.values()) if (change.action !== 'delete') files.push(textOf(change.after));
  return files;
}

const NONE: ReadonlySet<string> = new Set();

/** Equal by the marker; a project file without a change is equal by comparison. */
function isLive(own: Desired, resource: LiveResource): boolean {
  return own.tenant === null || markerOf(resource.datafile.description)?.marker.sha === own.sha;
}

function textOf({ resource, text }: Desired): Upload {
  if (resource.kind === 'token') throw new Error(`${resource.name} is a token: it has no file`);
  return { kind: 'text', name: `${resource.name}.${resource.kind}`, text: text ?? printDatafile(resource) };
}

/** Token lines that this plan takes away, by the resource that carries them. */
function revokedGrants({ plan, live }: World): Map<string, Set<string>> {
  const revoked = new Map<string, Set<string>>();
  const tokens = new Map(live.tokens.map((token) => [token.name, token]));
  for (const change of changesOf(plan, 'revoke')) {
    if (!isToken(change)) continue;
    const keeps = new Set(
      change.action !== 'delete' && change.after.resource.kind === 'token'
        ? change.after.resource.scopes.map((scope) => scope.resource)
        : [],
    );
    for (const { resource } of tokens.get(nameOf(change))?.scopes ?? []) {
      if (resource === null || keeps.has(resource)) continue;
      revoked.set(resource, (revoked.get(resource) ?? new Set()).add(nameOf(change)));
    }
  }
  return revoked;
}

/** Resources whose token lines change with the tokens of this step. */
function carriers({ live }: World, changes: readonly Change[]): string[] {
  const tokens = new Map(live.tokens.map((token) => [token.name, token]));
  return changes.filter(isToken).flatMap((change) => {
    const before = tokens.get(nameOf(change))?.scopes.flatMap(({ resource }) => resource ?? []) ?? [];
    const after =
      change.action !== 'delete' && change.after.resource.kind === 'token'
        ? change.after.resource.scopes
        : [];
    return [...before, ...after.map((scope) => scope.resource)];
  });
}

export const changesOf = (plan: Plan, step: StepName): readonly Change[] =>
  plan.steps.find(({ name }) => name === step)?.changes ?? [];

const isToken = (change: Change): boolean => change.key.startsWith('token/');
const nameOf = (change: Change): string => change.key.slice(change.key.indexOf('/') + 1);

const names = (changes: readonly Change[], action: Change['action']): Set<string> =>
  new Set(changes.filter((change) => change.action === action && !isToken(change)).map(nameOf));
