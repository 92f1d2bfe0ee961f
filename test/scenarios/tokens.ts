// The tokens of a Classic workspace, step by step: what each opens, whether it is the one that was handed out before, and what its holder reads.
import type { Stage } from './stage.ts';
import type { Token } from './workspace.ts';

type ByName = ReadonlyMap<string, Token>;

export interface TokenHistory {
  /** After the last golden file, and now; without those that every workspace has. */
  readonly before: ByName;
  readonly now: ByName;
}

export const isHandedOut = ({ scopes }: Token): boolean =>
  scopes.some(({ resource }) => resource !== undefined);

export function tokensOf({ before, now }: TokenHistory): string[] {
  const gone = [...before.keys()].filter((name) => !now.has(name)).map((name) => `${name}: gone`);
  const there = [...now.values()].flatMap((token) => [
    `${token.name}: ${becomeOf(token, before.get(token.name))}`,
    ...token.scopes.map(({ type, resource, filter }) => {
      return `  ${[type, resource, filter].filter((part) => part !== undefined).join(':')}`;
    }),
  ]);
  return [...there, ...gone];
}

function becomeOf({ id, token }: Token, before: Token | undefined): string {
  if (before === undefined) return 'new';
  const same = (is: boolean): string => (is ? 'the same' : 'a new');
  return `${same(token === before.token)} value, ${same(id === before.id)} id`;
}

/** What whoever holds a secret reads at the endpoints that it opens. */
export async function readable(
  { workspace, github }: Stage,
  { now, before }: TokenHistory,
  asks: readonly string[],
): Promise<string[]> {
  const tokens = [...before.values(), ...now.values()];
  const questions = [...github.secrets].flatMap(([secret, value]) => {
    const scopes = tokens.findLast(({ token }) => token === value)?.scopes ?? [];
    const pipes = scopes.flatMap(({ type, resource = '' }) => (type === 'PIPES:READ' ? [resource] : []));
    const endpoints = pipes.flatMap((pipe) => asks.map((ask) => (ask === '' ? pipe : `${pipe}?${ask}`)));
    return endpoints.map((endpoint) => ({ secret, value, endpoint }));
  });
  const lines = questions.map(async ({ secret, value, endpoint }) => {
    const rows = await workspace.read(endpoint, value);
    return `${secret} at ${endpoint}: ${rows === null ? 'refused' : JSON.stringify(rows)}`;
  });
  return (await Promise.all(lines)).sort();
}
