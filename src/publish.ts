// Hands tokens out: what an apply has made is read or minted, masked, and put where the inputs say.
import type { Carried } from './apply/apply.ts';
import type { Stop } from './errors.ts';
import { targetName } from './github/secrets.ts';
import { heldBack, mintDue, undoneOf } from './mint.ts';
import { type LiveToken, nameOf, type Outcome, type Plan } from './model.ts';
import { changesOf } from './plan/calls.ts';
import { isRenewal } from './plan/steps.ts';
import { because, byTenant, NO_SECRETS, type SecretsReport } from './report/report.ts';
import { type SecretsAsked, type SecretsDue, secretsDue } from './secrets/due.ts';
import type { Keeping } from './secrets/keeping.ts';
import { refuseOverflow } from './secrets/room.ts';
import { layoutTold, store } from './secrets/store.ts';
import type { Vault } from './secrets/vault.ts';
import type { Asked, Situation } from './situation.ts';
import type { Surroundings } from './surroundings.ts';
import { type Issued, staticTokens, type TokensNow, tokensNow } from './tokens.ts';
import { writeTokensFile } from './tokens-file.ts';

/** What an apply would write, without any value: for the plan, and to refuse early what cannot fit. */
export function secretsPlan(asked: Asked, situation: Situation): SecretsReport {
  const { handout, sources } = asked;
  const { vault } = handout;
  const { keeping, desired, live, plan } = situation;
  if (vault === null || keeping === null) return NO_SECRETS;
  const due = dueFor(asked, { ...situation, plan, keeping, vault, heldBack: NOTHING, afterwards: false });
  refuseOverflow(vault, { due, desired, tokens: live.tokens, fleet: sources.fleet.name });
  const { writes, deletes, conflicts } = due.changes;
  const changes = writes.length + deletes.length;
  return {
    ...NO_SECRETS,
    target: targetName(vault.target),
    layout: layoutTold(keeping),
    failed: conflicts.map(({ name, reason }) => ({ name, error: reason })),
    due: changes,
    // The ledger is written before and after.
    seconds: changes === 0 ? 0 : Math.ceil(((changes + 2) * vault.client.paceMs) / 1000),
  };
}

const NOTHING: ReadonlySet<string> = new Set();

export interface Published {
  readonly outcomes: readonly Outcome[];
  readonly secrets: SecretsReport;
  readonly tokenIds: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly notes: readonly string[];
  /** What ended the run early, here or before. */
  readonly stop: Stop | null;
}

/** Never undoes and never forgets: what could not be handed out is in the report, and the next run does it. */
export async function publish(asked: Asked, carried: Carried, at: Surroundings): Promise<Published> {
  const { situation } = carried;
  if (carried.stop?.stop === 'not-proven') return withheld(carried);
  const { tokensFile } = asked.handout;
  const now = await tokensNow(asked.connection.reader, carried);
  const due = dueAfter(asked, carried, now.tokens);
  const minted = await mintDue(asked, carried, { clock: at.clock, needed: due?.needed ?? NOTHING });
  const known = staticTokens(situation.desired, now.tokens).filter(
    ({ tenant }) => asked.only?.has(tenant) ?? true,
  );
  const issued = [...known, ...minted.issued];
  const mask = once(at.mask);
  if (tokensFile !== null) at.leaves(tokensFile);
  const unwritten = tokensFile === null ? null : await writeTokensFile(tokensFile, issued, mask);
  const outcomes = [...now.outcomes, ...minted.outcomes];
  const changed = new Set(
    outcomes.flatMap(({ key, result, action }) => (result === 'applied' && action !== 'delete' ? [key] : [])),
  );
  const stored = await storeDue(
    asked,
    { due, minted: minted.issued, outcomes, changed, now },
    { ...at, mask },
  );
  const tokenIds = byTenant(
    issued.filter(({ name }) => changed.has(`token/${name}`)),
    ({ id }) => id,
  );
  return {
    outcomes,
    secrets: stored.report,
    tokenIds,
    stop: carried.stop ?? now.stop ?? unwritten,
    notes: [...stored.notices, ...inFile(tokensFile, issued), ...stillWorking(asked, carried)],
  };
}

/** What might open others' rows is given to nobody; what is due besides is due in the next run. */
function withheld({ plan, outcomes, stop }: Carried): Published {
  const held = changesOf(plan, 'tokens').map(({ key, tenant, action }): Outcome => {
    return { key, tenant, action, result: 'skipped', because: because(stop) };
  });
  return { outcomes: [...outcomes, ...held], secrets: NO_SECRETS, tokenIds: {}, notes: [], stop };
}

/** A value may leave to more than one place. */
function once(mask: (value: string) => void): (value: string) => void {
  const known = new Set<string>();
  return (value) => {
    if (!known.has(value)) mask(value);
    known.add(value);
  };
}

interface Due extends SecretsDue {
  readonly vault: Vault;
  readonly keeping: Keeping;
  /** Names of JWTs that the secrets to write need. */
  readonly needed: ReadonlySet<string>;
}

/** Null when no secrets are written. */
function dueAfter(asked: Asked, carried: Carried, tokens: readonly LiveToken[]): Due | null {
  const { vault } = asked.handout;
  const { situation, plan } = carried;
  const { keeping, live, desired } = situation;
  if (vault === null || keeping === null) return null;
  const held = heldBack(carried, desired);
  const at = { vault, keeping, desired, plan, heldBack: held, afterwards: true };
  const due = dueFor(asked, { ...at, live: { ...live, tokens } });
  const needed = due.changes.writes.flatMap(({ name, tenant }) =>
    (due.contents.get(name)?.parts ?? []).flatMap((part) =>
      part.kind === 'jwt' && (tenant === null || !held.has(part.name)) ? [part.name] : [],
    ),
  );
  return { ...due, vault, keeping, needed: new Set(needed) };
}

interface Storing {
  readonly due: Due | null;
  readonly minted: readonly Issued[];
  readonly outcomes: readonly Outcome[];
  readonly changed: ReadonlySet<string>;
  readonly now: TokensNow;
}

async function storeDue(
  { sources, now }: Asked,
  { due, minted, outcomes, changed, now: tokens }: Storing,
  at: Surroundings,
) {
  const { fleet } = sources;
  if (due === null) return { report: NO_SECRETS, notices: [] };
  const { vault, keeping } = due;
  const undone = tokens.stop === null ? undoneOf(outcomes) : new Set(fleet.tenants.map(({ id }) => id));
  const fresh = new Set([...changed].map((key) => key.slice(key.indexOf('/') + 1)));
  const asked = { fleet: fleet.name, keeping, due, minted: byName(minted), fresh, undone, now };
  return store(vault, asked, at);
}

interface DueAt extends Pick<SecretsAsked, 'desired' | 'live' | 'keeping' | 'heldBack' | 'afterwards'> {
  readonly vault: Vault;
  readonly plan: Plan;
}

function dueFor(asked: Asked, { vault, plan, ...at }: DueAt): SecretsDue {
  const { only, prune, adopt, tokensOnly, now } = asked;
  const { fleet } = asked.sources;
  const renewed = new Set(
    changesOf(plan, 'tokens').flatMap((change) => (isRenewal(change) ? [nameOf(change.key)] : [])),
  );
  return secretsDue(vault, { ...at, fleet, only, prune, adopt, tokensOnly, renewed, now });
}

const byName = (issued: readonly Issued[]): Map<string, Issued> =>
  new Map(issued.map((one) => [one.name, one]));

function inFile(file: string | null, issued: readonly Issued[]): string[] {
  if (file === null) return [];
  const n = issued.filter(({ value }) => value !== null).length;
  return [`${n} token ${n === 1 ? 'value is' : 'values are'} in ${file} until this job ends`];
}

/** A JWT cannot be revoked; whoever took access away must know until when the old one opens. */
function stillWorking({ handout }: Asked, { plan, situation }: Carried): string[] {
  if (handout.vault === null) return [];
  return changesOf(plan, 'tokens').flatMap((change) => {
    const narrowed = change.action === 'update' && change.fields.includes('claims');
    const jwt = situation.live.jwts.get(change.key.slice('token/'.length));
    if (jwt === undefined || (change.action !== 'delete' && !narrowed)) return [];
    const until = new Date(jwt.expires * 1000).toISOString();
    return [
      `the JWT ${change.key.slice('token/'.length)} of ${change.tenant} cannot be revoked: the old one works until ${until}`,
    ];
  });
}
