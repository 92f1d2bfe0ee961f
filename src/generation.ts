// What the platform's generation makes of a token template and of TOKEN lines. Datafiles are the same on both.
import type { Datafile } from './datafile/types.ts';
import { bad, ok, type Result } from './errors.ts';
import type { Generation, Scope, ScopeType, Tenant, Token } from './model.ts';

/**
 * The token as this generation can have it. A Classic API token takes row filters, is changed in place and deleted at
 * once, so that nothing there has to be short-lived; what it cannot do is to fix parameters.
 */
export function tokenOn(generation: Generation, token: Token): Result<Token> {
  const own = token.scopes.filter((scope) => (scope.generation ?? generation) === generation);
  if (own.length === 0) {
    return bad({
      file: token.name,
      message: `none of the token's scopes is for a ${generation === 'forward' ? 'Forward' : 'Classic'} workspace`,
    });
  }
  const scopes = own.map(withoutGeneration);
  if (generation === 'forward') return ok({ ...token, scopes });
  return ok({ ...token, via: 'static', ttl: 0, rps: null, scopes: scopes.map(withoutParams) });
}

function withoutGeneration(scope: Scope): Scope {
  if (scope.generation === undefined) return scope;
  const { generation: _, ...rest } = scope;
  return rest;
}

function withoutParams(scope: Scope): Scope {
  const { fixedParams: _, ...rest } = scope;
  return rest;
}

/** A token that stands only in TOKEN lines. */
export interface LineToken {
  readonly token: Token;
  /** Null for one that files of the project, or of several tenants, name. */
  readonly tenant: Tenant | null;
  readonly from: string;
}

/**
 * Forward reads TOKEN lines from the datafiles; Classic does not. There each line is a scope of a token of its name; to one
 * of the project's, scopes are added and never taken away, as the official command line does it.
 */
export function tokensOfLines(
  files: readonly { readonly datafile: Datafile; readonly tenant: Tenant | null; readonly from: string }[],
): LineToken[] {
  const lines = files.flatMap((file) => scopesOf(file.datafile).map((line) => ({ ...line, file })));
  return [...Map.groupBy(lines, ({ name }) => name)].flatMap(([name, own]): LineToken[] => {
    const [first] = own;
    if (first === undefined) return [];
    const { tenant, from } = first.file;
    const scopes = own.map(({ scope }) => scope);
    const token: Token = { kind: 'token', name, via: 'static', scopes, ttl: 0, rps: null };
    return [{ token, tenant: own.every(({ file }) => file.tenant === tenant) ? tenant : null, from }];
  });
}

function scopesOf({ kind, name, grants }: Datafile): { name: string; scope: Scope }[] {
  return grants.map(({ token, permission }) => {
    const read = permission === 'READ';
    const type: ScopeType = kind === 'pipe' ? 'PIPES:READ' : read ? 'DATASOURCES:READ' : 'DATASOURCES:APPEND';
    return { name: token, scope: { type, resource: name } };
  });
}
