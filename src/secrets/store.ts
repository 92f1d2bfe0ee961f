// Puts token values into sealed secrets and remembers in the ledger which. Partial success is kept; the next run completes it.

import { type Issued as Filled, publishSecrets, type SecretOutcome } from '../github/publish.ts';
import { targetName } from '../github/secrets.ts';
import { plural, timeText } from '../numbers.ts';
import { byTenant, type SecretsReport } from '../report/report.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Issued } from '../tokens.ts';
import type { Content, Part } from './contents.ts';
import { type SecretsDue, staticsPrint } from './due.ts';
import { fill, sampled } from './filling.ts';
import type { Keeping } from './keeping.ts';
import { entriesOf, type Vault } from './vault.ts';

export interface StoreAsked {
  readonly fleet: string;
  readonly keeping: Keeping;
  readonly due: SecretsDue;
  /** JWTs that were minted, by name. */
  readonly minted: ReadonlyMap<string, Issued>;
  /** Names of tokens that were made or got another value in this run. */
  readonly fresh: ReadonlySet<string>;
  /** Tenants whose changes were not all carried out: that their tokens have no value says nothing new. */
  readonly undone: ReadonlySet<string | null>;
  /** Unix seconds. */
  readonly now: number;
}

/** What is stored and what could not be. Only values that leave are masked, each by itself. */
export async function store(
  vault: Vault,
  asked: StoreAsked,
  at: Pick<Surroundings, 'mask' | 'say'>,
): Promise<{ report: SecretsReport; notices: readonly string[] }> {
  const { changes, contents } = asked.due;
  const filled = new Map<string, Filled>();
  const unavailable: { name: string; error: string }[] = [];
  for (const { name, tenant } of changes.writes) {
    const content = contents.get(name);
    if (content === undefined) continue;
    const filling = fill(content, { ...asked, before: entriesOf(vault).get(name) });
    if ('missing' in filling) {
      if (tenant === null || !asked.undone.has(tenant)) unavailable.push({ name, error: filling.missing });
      continue;
    }
    for (const value of filling.values) at.mask(value.reveal());
    filled.set(name, filling);
  }
  const { target, client, ledger, existing } = vault;
  const { outcomes, notices } = await publishSecrets({
    ...{ client, fleet: asked.fleet, target, ledger, existing, changes, issued: filled },
    progress: progressOf(client.paceMs, at.say),
  });
  return {
    report: {
      ...told(outcomes, { ...asked, vault }),
      target: targetName(target),
      layout: layoutTold(asked.keeping),
      failed: [
        ...outcomes.flatMap((one) =>
          one.kind === 'failed' ? [{ name: one.name, error: lacking(one, asked, vault) }] : [],
        ),
        ...changes.conflicts.map(({ name, reason }) => ({ name, error: reason })),
        ...unavailable,
      ],
      due: changes.writes.length + changes.deletes.length,
      seconds: 0,
    },
    notices: [...notices, ...droppedNotes(outcomes, contents)],
  };
}

export const layoutTold = ({ layout, why }: Keeping): SecretsReport['layout'] => ({ name: layout, why });

const PROGRESS_EVERY = 10;

const progressOf =
  (paceMs: number, say: (line: string) => void) =>
  (done: number, all: number): void => {
    if (done % PROGRESS_EVERY !== 0 || all - done < PROGRESS_EVERY) return;
    const left = Math.ceil(((all - done) * paceMs) / 1000);
    say(`${done} of ${plural(all, 'secret')} written or deleted; about ${timeText(left)} left`);
  };

/** What it should have got: of a bucket, for whom. */
function lacking(
  { name, sentence }: { name: string; sentence: string },
  asked: StoreAsked,
  vault: Vault,
): string {
  const content = asked.due.contents.get(name);
  if (content?.tenant !== null) return sentence;
  const parts = freshIn(content, asked, vault);
  return parts.length === 0 ? sentence : `${sentence}; it should have got the values of ${sampled(parts)}`;
}

/** What a reader does not have yet; all of a bucket, when that cannot be told. */
function freshIn({ name, tenant, parts }: Content, { fresh }: StoreAsked, vault: Vault): readonly Part[] {
  const entry = entriesOf(vault).get(name);
  if (tenant !== null || entry === undefined || entry.pending || !vault.existing.includes(name)) return parts;
  const old = parts.filter((part) => part.kind === 'static' && !fresh.has(part.name));
  const known =
    staticsPrint(
      name,
      old.filter((part) => part.kind === 'static'),
    ) === entry.fingerprint;
  return known ? parts.filter((part) => part.kind === 'jwt' || fresh.has(part.name)) : parts;
}

type Told = Pick<SecretsReport, 'names' | 'written' | 'deleted'>;

function told(outcomes: readonly SecretOutcome[], asked: StoreAsked & { readonly vault: Vault }): Told {
  const named = (kind: string) => outcomes.filter((outcome) => outcome.kind === kind).map(({ name }) => name);
  const written = named('written');
  const tokens = written.flatMap((name) => {
    const content = asked.due.contents.get(name);
    if (content === undefined) return [];
    return freshIn(content, asked, asked.vault).map(({ tenant, role }) => ({ tenant, role, name, id: '' }));
  });
  return { names: byTenant(tokens, ({ name }) => name), written, deleted: named('deleted') };
}

function droppedNotes(outcomes: readonly SecretOutcome[], contents: ReadonlyMap<string, Content>): string[] {
  return outcomes.flatMap(({ kind, name }) => {
    const dropped = contents.get(name)?.dropped;
    if (kind !== 'written' || dropped === undefined || dropped.strangers === 0) return [];
    const until = dropped.until === null ? '' : ` until ${new Date(dropped.until * 1000).toISOString()}`;
    return [
      `${plural(dropped.strangers, 'JWT')} that the list does not ask for any more ${dropped.strangers === 1 ? 'is' : 'are'} no longer in ${name}: whoever has one can use it${until}`,
    ];
  });
}
