// Puts token values into sealed secrets and remembers in the ledger which. Partial success is kept; the next run completes it.
import type { SecretChanges } from './github/changes.ts';
import { publishSecrets } from './github/publish.ts';
import { targetName } from './github/secrets.ts';
import { byTenant, type SecretsReport } from './report/report.ts';
import type { Issued } from './tokens.ts';
import type { Vault } from './vault.ts';

/** What is stored and what could not be; partial success is kept, the next run completes it. */
export async function store(
  vault: Vault,
  at: {
    fleet: string;
    changes: SecretChanges;
    names: ReadonlyMap<string, string>;
    issued: ReadonlyMap<string, Issued>;
    /** Tenants whose changes were not all carried out: that their tokens have no value says nothing new. */
    undone: ReadonlySet<string | null>;
  },
): Promise<{ report: SecretsReport; notices: readonly string[] }> {
  const { fleet, changes, names, issued, undone } = at;
  const values = new Map<string, { value: NonNullable<Issued['value']>; jwt: Issued['jwt'] }>();
  const owners = new Map<string, Issued>();
  for (const [token, name] of names) {
    const one = issued.get(token);
    if (one === undefined) continue;
    owners.set(name, one);
    if (one.value !== null) values.set(name, { value: one.value, jwt: one.jwt });
  }
  const { target, client, ledger } = vault;
  const { outcomes, notices } = await publishSecrets({
    client,
    fleet,
    target,
    ledger,
    changes,
    issued: values,
  });
  const named = (kind: string) => outcomes.filter((outcome) => outcome.kind === kind).map(({ name }) => name);
  const unavailable = changes.writes.filter(({ name, tenant }) => !values.has(name) && !undone.has(tenant));
  const written = named('written');
  return {
    report: {
      target: targetName(target),
      names: byTenant(
        written.flatMap((name) => owners.get(name) ?? []),
        (one) => names.get(one.name) ?? '',
      ),
      written,
      deleted: named('deleted'),
      failed: [
        ...outcomes.flatMap((one) =>
          one.kind === 'failed' ? [{ name: one.name, error: one.sentence }] : [],
        ),
        ...changes.conflicts.map(({ name, reason }) => ({ name, error: reason })),
        ...unavailable.map(({ name }) => ({
          name,
          error:
            'its token has no value that could be read: give `tinybird-tokens-token` with the scope TOKENS',
        })),
      ],
      due: changes.writes.length + changes.deletes.length,
    },
    notices,
  };
}
