// Hands tokens out: what an apply has made is read or minted, masked, and put where the inputs say.
import type { Carried } from './apply/apply.ts';
import type { Stop } from './errors.ts';
import { targetName } from './github/secrets.ts';
import { mintDue, undoneOf } from './mint.ts';
import type { Outcome } from './model.ts';
import { changesOf } from './plan/calls.ts';
import { byTenant, NO_SECRETS, type SecretsReport } from './report/report.ts';
import type { Asked, Situation } from './situation.ts';
import { store } from './store.ts';
import type { Surroundings } from './surroundings.ts';
import { type Issued, staticTokens, tokensNow } from './tokens.ts';
import { writeTokensFile } from './tokens-file.ts';
import { onlyRenewals, refuseOverflow, secretsDue, type Vault } from './vault.ts';

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
    target: targetName(vault.target),
    failed,
    due: changes.writes.length + changes.deletes.length,
  };
}

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
  const { vault, tokensFile } = asked.handout;
  const minted = await mintDue(asked, carried, at);
  const now = await tokensNow(asked.connection.reader, carried);
  const known = staticTokens(situation.desired, now.tokens).filter(
    ({ tenant }) => asked.only?.has(tenant) ?? true,
  );
  const issued = [...known, ...minted.issued];
  for (const { value } of issued)
    if (value !== null && (vault !== null || tokensFile !== null)) at.mask(value.reveal());
  if (tokensFile !== null) at.leaves(tokensFile);
  const unwritten = tokensFile === null ? null : await writeTokensFile(tokensFile, issued);
  const outcomes = [...now.outcomes, ...minted.outcomes];
  const { fleet } = asked.sources;
  const undone = now.stop === null ? undoneOf(outcomes) : new Set(fleet.tenants.map(({ id }) => id));
  const stored =
    vault === null
      ? { report: NO_SECRETS, notices: [] }
      : await store(vault, {
          fleet: fleet.name,
          names: situation.names,
          issued: byName(issued),
          changes: dueFor(asked, { situation, vault, issued: byName(issued) }),
          undone,
        });
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
    stop: carried.stop ?? now.stop ?? unwritten,
    notes: [...stored.notices, ...inFile(tokensFile, issued), ...stillWorking(asked, carried)],
  };
}

function dueFor(
  asked: Asked,
  at: { situation: Situation; vault: Vault; issued: ReadonlyMap<string, Issued> },
) {
  const { sources, only, prune, adopt, now } = asked;
  const { desired, names } = at.situation;
  const changes = secretsDue(at.vault, {
    desired,
    names,
    fleet: sources.fleet,
    only,
    issued: at.issued,
    prune,
    adopt,
    now,
  });
  return asked.renewOnly ? onlyRenewals(changes) : changes;
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
