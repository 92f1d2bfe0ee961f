// Least privilege: what a tenant's tokens open has to be its own, or held to its rows by a filter or a fixed parameter.
import type { Problem } from './errors.ts';
import type { Fleet, Generation, Scope } from './model.ts';
import { type Declared, type Excess, excesses, type Granted, groundOf } from './privilege/scope.ts';
import { show } from './templates/places.ts';

export interface Issued extends Granted {
  /** Template file, e.g. `own-token/read.token.hbs`. */
  readonly from: string;
  /** The set's reason, if it gives one. */
  readonly allowWide: string | null;
}

export interface Privileges {
  /** As they will be on the generation: only its scopes. */
  readonly tokens: readonly Issued[];
  /** By name. */
  readonly files: ReadonlyMap<string, Declared>;
  readonly fleet: Fleet;
  readonly generation: Generation;
}

/** Tokens that open too much: problems, or notes where the set says `allow-wide`. Grows linearly with the fleet. */
export function wideScopes(input: Privileges): { problems: Problem[]; notes: string[] } {
  const { files, fleet, generation } = input;
  const ground = groundOf({ files, tenants: fleet.tenants, generation });
  const problems: Problem[] = [];
  const allowed: Allowed[] = [];
  for (const issued of input.tokens) {
    for (const { scope, excess } of excesses(issued, ground)) {
      if (issued.allowWide !== null && excess.always === undefined)
        allowed.push({ issued, reason: issued.allowWide, opens: excess.opens });
      else problems.push(problemOf(scope, issued, excess));
    }
  }
  return { problems, notes: notesOf(allowed) };
}

function problemOf(scope: Scope, { token, tenant, from }: Issued, excess: Excess): Problem {
  const { opens, why, instead, always } = excess;
  const otherwise = always ? '' : ', or write `allow-wide: <reason>` in set.yaml';
  return {
    file: from,
    message: `tenant ${show(tenant.id)}: the token ${token.name} opens ${opens} (${scope.type} ${scope.resource}): ${why}. ${instead}${otherwise}`,
  };
}

interface Allowed {
  readonly issued: Issued;
  readonly reason: string;
  readonly opens: string;
}

/** One line for each set and thing that is open; ten thousand tenants have the same. */
function notesOf(allowed: readonly Allowed[]): string[] {
  const folded = Map.groupBy(allowed, ({ issued, opens }) => `${issued.tenant.set}\n${opens}`);
  return [...folded.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const tenants = new Set(same.map(({ issued }) => issued.tenant.id));
    const said = `${first.opens} (allow-wide: ${first.reason})`;
    const { token, tenant } = first.issued;
    return tenants.size === 1
      ? [`tenant ${show(tenant.id)}: the token ${token.name} opens ${said}`]
      : [`the tokens of ${tenants.size} tenants open ${said}`];
  });
}
