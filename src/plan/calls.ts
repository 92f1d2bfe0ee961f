// What one deployment uploads: on Forward a call is the whole project, whatever it changes.
import { printDatafile } from '../datafile/print.ts';
import type { Grant } from '../datafile/types.ts';
import {
  type Change,
  type Desired,
  type Live,
  type LiveResource,
  nameOf,
  type Plan,
  type StepName,
} from '../model.ts';
import { isEdited, lineOf } from './differences.ts';

/** One file of an upload: its text, or whatever is live under that name, less some of its TOKEN lines. */
export type Upload =
  | { readonly kind: 'text'; readonly name: string; readonly text: string }
  | { readonly kind: 'live'; readonly resource: LiveResource; readonly without: ReadonlySet<string> };

export interface Deployment {
  readonly step: StepName;
  readonly destructive: boolean;
  readonly changes: readonly Change[];
  readonly uploads: readonly Upload[];
  /** Names sent as our own text because it is what is live, as far as the lists tell. */
  readonly settled: ReadonlySet<string>;
  /** Names that the server may list; anything else in its lists stops the run. */
  readonly expected: Expected;
}
export interface Expected {
  readonly created: ReadonlySet<string>;
  readonly changed: ReadonlySet<string>;
  readonly deleted: ReadonlySet<string>;
  /** Tokens whose lines the step changes: the server tells lines apart from the files that hold them. */
  readonly tokens: ReadonlySet<string>;
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

/** What the server has said so far about a step. */
export interface Heard {
  /** Tenants that stay as they live, or are left out when they are new. */
  readonly refused: ReadonlySet<string>;
  /** Names of ours that somebody has changed under our marker: they stay as they live. */
  readonly drifted: ReadonlySet<string>;
}

export function deploymentOf(world: World, step: StepName, { refused, drifted }: Heard): Deployment {
  const changes = changesOf(world.plan, step).filter((change) => !refused.has(change.tenant ?? ''));
  const revoked = revokedGrants(world);
  const { files, settled, riding } = uploads(world, { step, refused, drifted, revoked });
  const relined = step === 'remove' ? [] : [...carriers(world, changes), ...revoked.keys()];
  return {
    step,
    destructive: step === 'remove',
    changes,
    uploads: files,
    settled,
    expected: {
      created: names(changes, 'create'),
      changed: new Set([...names(changes, 'update'), ...riding, ...relined]),
      deleted: names(changes, 'delete'),
      tokens: tokensOf(world, [...changes, ...changesOf(world.plan, 'revoke')]),
    },
  };
}

interface Moment extends Heard {
  readonly step: StepName;
  readonly revoked: ReadonlyMap<string, ReadonlySet<string>>;
}

function uploads({ plan, desired, live }: World, { step, refused, drifted, revoked }: Moment) {
  const done = DEPLOYED.slice(0, DEPLOYED.indexOf(step) + 1);
  const changed = new Map<string, Change>();
  const pending = new Set<string>();
  for (const { name, changes } of plan.steps) {
    for (const change of changes) {
      const isNow = done.includes(name) && !refused.has(change.tenant ?? '');
      if (isToken(change)) {
        // Lines of tokens whose turn has not come are not sent with the files that carry them.
        if (!isNow && name !== 'tokens')
          for (const carrier of carriers({ live }, [change])) pending.add(carrier);
      } else if (isNow) changed.set(nameOf(change.key), change);
      else pending.add(nameOf(change.key));
    }
  }
  const files: Upload[] = [];
  const settled = new Set<string>();
  const riding = new Set<string>();
  const wanted = new Map(desired.map((one) => [one.key, one]));
  for (const resource of live.resources) {
    const { name } = resource;
    if (changed.has(name)) continue;
    const own = wanted.get(resource.key);
    // What cannot be read back can only be sent as the project has it.
    const onlyOurs = own?.tenant === null && resource.unfaithful !== null;
    const same = own !== undefined && !pending.has(name) && !drifted.has(name) && isLive(own, resource);
    if (own !== undefined && (onlyOurs || same)) {
      files.push(textOf(own));
      settled.add(name);
      // A project file is the user's text: it may differ where the lists do not tell, e.g. by an index.
      if (onlyOurs || (own.tenant === null && step === 'apply')) riding.add(name);
    } else files.push({ kind: 'live', resource, without: revoked.get(name) ?? NONE });
  }
  for (const change of changed.values()) if (change.action !== 'delete') files.push(textOf(change.after));
  return { files, settled, riding };
}

const NONE: ReadonlySet<string> = new Set();

/** Equal by the whole marker, fleet and set included, and not edited; a project file without a change is equal by comparison. */
const isLive = ({ tenant, resource }: Desired, { datafile }: LiveResource): boolean =>
  tenant === null ||
  (resource.kind !== 'token' &&
    lastLine(resource.description) === lastLine(datafile.description) &&
    !isEdited(resource, datafile));

function lastLine(description: string): string {
  const text = description.trimEnd();
  return text.slice(text.lastIndexOf('\n') + 1).trim();
}

/** Tokens whose lines these changes add, drop or move. */
function tokensOf({ live }: World, changes: readonly Change[]): Set<string> {
  const resources = new Map<string, LiveResource>(live.resources.map((resource) => [resource.key, resource]));
  return new Set(
    changes.flatMap((change) => {
      if (isToken(change)) return [nameOf(change.key)];
      const before = resources.get(change.key)?.datafile.grants ?? [];
      const after =
        change.action !== 'delete' && change.after.resource.kind !== 'token'
          ? change.after.resource.grants
          : [];
      return [...before, ...after].map(({ token }) => token);
    }),
  );
}

function textOf({ resource, text }: Desired): Upload {
  if (resource.kind === 'token') throw new Error(`${resource.name} is a token: it has no file`);
  return { kind: 'text', name: `${resource.name}.${resource.kind}`, text: text ?? printDatafile(resource) };
}

const permissionOf = (type: string): Grant['permission'] => (type.endsWith(':APPEND') ? 'APPEND' : 'READ');

/** Token lines that this plan takes away, by the resource that carries them. */
function revokedGrants({ plan, live }: World): Map<string, Set<string>> {
  const revoked = new Map<string, Set<string>>();
  const tokens = new Map(live.tokens.map((token) => [token.name, token]));
  for (const change of changesOf(plan, 'revoke')) {
    if (!isToken(change)) continue;
    const keeps = new Set(
      change.action !== 'delete' && change.after.resource.kind === 'token'
        ? change.after.resource.scopes.map(({ type, resource }) => `${permissionOf(type)} ${resource}`)
        : [],
    );
    for (const { type, resource } of tokens.get(nameOf(change.key))?.scopes ?? []) {
      const permission = permissionOf(type);
      if (resource === null || keeps.has(`${permission} ${resource}`)) continue;
      const line = lineOf({ token: nameOf(change.key), permission });
      revoked.set(resource, (revoked.get(resource) ?? new Set()).add(line));
    }
  }
  return revoked;
}

/** Resources whose token lines change with the tokens of this step. */
function carriers({ live }: Pick<World, 'live'>, changes: readonly Change[]): string[] {
  const tokens = new Map(live.tokens.map((token) => [token.name, token]));
  return changes.filter(isToken).flatMap((change) => {
    const before = tokens.get(nameOf(change.key))?.scopes.flatMap(({ resource }) => resource ?? []) ?? [];
    const after =
      change.action !== 'delete' && change.after.resource.kind === 'token'
        ? change.after.resource.scopes
        : [];
    return [...before, ...after.map((scope) => scope.resource)];
  });
}

export const changesOf = (plan: Pick<Plan, 'steps'>, step: StepName): readonly Change[] =>
  plan.steps.find(({ name }) => name === step)?.changes ?? [];

const isToken = (change: Change): boolean => change.key.startsWith('token/');

const names = (changes: readonly Change[], action: Change['action']): Set<string> =>
  new Set(
    changes.filter((change) => change.action === action && !isToken(change)).map(({ key }) => nameOf(key)),
  );
