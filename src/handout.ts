// Hands tokens out: what an apply has made is read or minted, masked, and put where the inputs say.
import type { Carried } from './apply/apply.ts';
import type { Inputs } from './inputs.ts';
import type { Desired, LiveToken, Outcome } from './model.ts';
import { changesOf } from './plan/calls.ts';
import { byTenant, type Mode, NO_SECRETS, type SecretsReport } from './report/report.ts';
import type { Surroundings } from './run.ts';
import { type Asked, isJwt, type Situation } from './situation.ts';
import { desiredOf } from './sources.ts';
import { store } from './store.ts';
import { type Issued, mint, staticTokens } from './tokens.ts';
import { checkTokensFile, writeTokensFile } from './tokens-file.ts';
import { openVault, refuseOverflow, secretsDue, secretsTarget, type Vault } from './vault.ts';

/** Where values go in this run; decided before anything is sent. */
export interface Handout {
  readonly vault: Vault | null;
  readonly tokensFile: string | null;
  readonly notes: readonly string[];
}

export async function openHandout(
  inputs: Inputs,
  at: Surroundings,
  { fleet, does }: { fleet: string; does: Mode },
): Promise<Handout> {
  const wanted = secretsTarget(inputs, at.context);
  const file = inputs['tokens-file'];
  const tokensFile = file === null ? null : await checkTokensFile(file, at.cwd);
  if ('none' in wanted || at.context === null) {
    const lost = 'none' in wanted && tokensFile === null && does === 'apply' ? wanted.none : null;
    return { vault: null, tokensFile, notes: lost === null ? [] : [lost] };
  }
  const vault = await openVault(inputs, at.context, { target: wanted.target, fleet });
  const notes =
    vault.ledger.kind === 'unknown'
      ? [`the ledger cannot be read, so JWTs are not renewed: ${vault.ledger.reason}`]
      : [];
  return { vault, tokensFile, notes };
}

/** What an apply would write, without any value: for the plan, and to refuse early what cannot fit. */
export function secretsPlan(asked: Asked, situation: Situation): SecretsReport {
  const { vault } = asked.handout;
  if (vault === null) return NO_SECRETS;
  const tokens = staticTokens(situation.desired, situation.live.tokens);
  const changes = dueFor(asked, { situation, vault, issued: byName(tokens) });
  refuseOverflow(vault, changes);
  const failed = changes.conflicts.map(({ name, reason }) => ({ name, error: reason }));
  return {
    ...NO_SECRETS,
    target: vault.target.kind,
    failed,
    due: changes.writes.length + changes.deletes.length,
  };
}

export interface HandedOut {
  readonly outcomes: readonly Outcome[];
  readonly secrets: SecretsReport;
  readonly tokenIds: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly notes: readonly string[];
}

/** Never undoes and never forgets: what could not be handed out is in the report, and the next run does it. */
export async function handOut(asked: Asked, carried: Carried, at: Surroundings): Promise<HandedOut> {
  const { situation } = carried;
  const { vault, tokensFile } = asked.handout;
  const minted = await mintDue(asked, carried, at);
  const tokens = await tokensNow(asked, carried);
  const known = staticTokens(situation.desired, tokens).filter(
    ({ tenant }) => asked.only?.has(tenant) ?? true,
  );
  const issued = [...known, ...minted.issued];
  for (const { value } of issued)
    if (value !== null && (vault !== null || tokensFile !== null)) at.mask(value.reveal());
  if (tokensFile !== null) await writeTokensFile(tokensFile, issued);
  const stored =
    vault === null
      ? { report: NO_SECRETS, notices: [] }
      : await store(vault, {
          fleet: asked.sources.fleet.name,
          names: situation.names,
          issued: byName(issued),
          changes: dueFor(asked, { situation, vault, issued: byName(issued) }),
        });
  const outcomes = [...carried.outcomes, ...minted.outcomes];
  const changed = new Set(
    outcomes.flatMap(({ key, result, action }) => (result === 'applied' && action !== 'delete' ? [key] : [])),
  );
  const tokenIds = byTenant(
    issued.filter(({ name }) => changed.has(`token/${name}`)),
    ({ id }) => id,
  );
  return {
    outcomes,
    secrets: stored.report,
    tokenIds,
    notes: [...stored.notices, ...stillWorking(asked, carried)],
  };
}

/** JWTs that the plan makes or renews and, for a tokens file, all of them: a JWT cannot be read back. */
async function mintDue(asked: Asked, { situation, plan, outcomes }: Carried, { clock }: Surroundings) {
  const failed = new Set(
    outcomes.flatMap(({ tenant, result }) => (result === 'failed' && tenant !== null ? [tenant] : [])),
  );
  const planned = changesOf(plan, 'tokens');
  const due = new Map<Desired['key'], { desired: Desired; action: Outcome['action'] }>();
  for (const change of planned)
    if (change.action !== 'delete') due.set(change.key, { desired: change.after, action: change.action });
  if (asked.handout.tokensFile !== null) {
    for (const desired of allJwts(asked))
      if (!due.has(desired.key)) due.set(desired.key, { desired, action: 'update' });
  }
  const may = [...due.values()].filter(({ desired }) => !failed.has(desired.tenant ?? ''));
  const { issued, outcomes: minted } = await mint(may, { writer: asked.connection.writer, clock });
  const byKey = new Map(minted.map((outcome) => [outcome.key, outcome]));
  const settled = planned.map(({ key, tenant, action }): Outcome => {
    if (action === 'delete') return { key, tenant, action, result: 'applied' };
    return (
      byKey.get(key) ?? {
        key,
        tenant,
        action,
        result: 'skipped',
        because: 'another change of its tenant failed',
      }
    );
  });
  const extra = minted.filter(
    ({ key, result }) => result === 'failed' && !planned.some((change) => change.key === key),
  );
  return { issued, outcomes: [...settled, ...extra], desired: situation.desired };
}

function allJwts({ sources, connection, only }: Asked): Desired[] {
  const all = desiredOf(sources, connection.workspace.generation);
  if (!all.ok) return [];
  return all.value.resources.filter((one) => isJwt(one) && (only === null || only.has(one.tenant ?? '')));
}

async function tokensNow(asked: Asked, { deploymentId, situation }: Carried): Promise<readonly LiveToken[]> {
  return deploymentId === null ? situation.live.tokens : asked.connection.reader.tokens();
}

function dueFor(
  asked: Asked,
  at: { situation: Situation; vault: Vault; issued: ReadonlyMap<string, Issued> },
) {
  const { sources, only, prune, adopt, now } = asked;
  const { desired, names } = at.situation;
  return secretsDue(at.vault, {
    desired,
    names,
    fleet: sources.fleet,
    only,
    issued: at.issued,
    prune,
    adopt,
    now,
  });
}

const byName = (issued: readonly Issued[]): Map<string, Issued> =>
  new Map(issued.map((one) => [one.name, one]));

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

/** A plan with nothing but renewals, for a schedule. */
export function renewalsOf({ plan }: Situation): Situation['plan'] {
  const isRenewal = (change: (typeof plan.steps)[number]['changes'][number]) =>
    change.action === 'update' && change.fields.join() === 'expiry';
  const steps = plan.steps.map(({ name, changes }) => ({ name, changes: changes.filter(isRenewal) }));
  return { ...plan, steps: steps.filter(({ changes }) => changes.length > 0) };
}
