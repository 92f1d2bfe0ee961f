// What secrets and the ledger's variable are called, by GitHub's rules: https://docs.github.com/en/actions/reference/security/secrets
import { bad, ok, type Result } from '../errors.ts';

const ALLOWED = /^[A-Z_][A-Z0-9_]*$/;
const LEDGER_PREFIX = 'TINYBIRD_TENANTS_LEDGER_';

export interface SecretOwner {
  /** The tenant's slug. */
  readonly slug: string;
  readonly role: string;
}

/** `<prefix><SLUG>_<ROLE>` in upper case, or what is wrong with it. */
export function secretName(prefix: string, { slug, role }: SecretOwner): Result<string> {
  const name = `${prefix}${slug}_${role}`.toUpperCase();
  const wrong = whatIsWrong(name);
  return wrong === null
    ? ok(name)
    : bad({
        file: 'input secret-prefix',
        message: `the secret ${JSON.stringify(name)} of ${slug}'s ${role} ${wrong}`,
      });
}

function whatIsWrong(name: string): string | null {
  if (/^[0-9]/.test(name)) return 'starts with a digit';
  if (name.startsWith('GITHUB_')) return 'starts with GITHUB_, which GitHub keeps for itself';
  if (!ALLOWED.test(name)) return 'has characters other than letters, digits and _';
  return null;
}

export interface NamedSecret {
  readonly name: string;
  /** Null for a secret that tenants share. */
  readonly owner: SecretOwner | null;
}

export interface Collision {
  readonly name: string;
  readonly owners: readonly (SecretOwner | null)[];
}

/** Names that more than one tenant or role would write, e.g. `acme` + `eu_read` and `acme_eu` + `read`. */
export function secretCollisions(named: readonly NamedSecret[]): readonly Collision[] {
  const byName = Map.groupBy(named, ({ name }) => name.toUpperCase());
  return [...byName]
    .filter(([, same]) => same.length > 1)
    .map(([name, same]) => ({ name, owners: same.map(({ owner }) => owner) }));
}

/** The variable that holds a fleet's ledger. Fleets that share a name here are told apart by what the ledger says inside. */
export const ledgerName = (fleet: string): string =>
  `${LEDGER_PREFIX}${fleet.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
