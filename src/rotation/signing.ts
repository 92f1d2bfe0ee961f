// The end of every JWT of a workspace: the token that signs them gets another value. Only where somebody asked for that in as many words.
import { Stop } from '../errors.ts';
import type { Entry } from '../github/ledger.ts';
import { changeLedger } from '../github/ledger-variable.ts';
import type { LiveJwt, LiveToken, Rotation } from '../model.ts';
import { plural } from '../numbers.ts';
import type { Secret } from '../secret.ts';
import { type Asked, isJwt, type Situation } from '../situation.ts';
import { claimsOf } from '../tinybird/token-claims.ts';

/** https://www.tinybird.co/docs/forward/administration/tokens/jwt */
const SIGNING_TOKEN = 'workspace admin token';

const signingToken = (tokens: readonly LiveToken[]): LiveToken | undefined =>
  tokens.find(({ name, scopes }) => name === SIGNING_TOKEN && scopes.some(({ type }) => type === 'ADMIN'));

/** Why the JWTs may not be ended by this run; nothing has been sent. */
export function signingRefusal(
  { live }: Situation,
  { handout, connection }: Asked,
  ours: readonly (Secret | null)[],
): Stop | null {
  const signing = signingToken(live.tokens);
  if (signing === undefined || signing.value === null) {
    return new Stop(
      'bad-input',
      `all-jwts: the token that signs JWTs (${JSON.stringify(SIGNING_TOKEN)}) of ${JSON.stringify(connection.workspace.name)} cannot be seen with the token given: give one with the scope ADMIN. Nothing was sent.`,
    );
  }
  if (ours.some((token) => token !== null && claimsOf(token)?.id === signing.id)) {
    return new Stop(
      'bad-input',
      `all-jwts: this run works with the very token that signs the JWTs (${JSON.stringify(SIGNING_TOKEN)}). With another value of it the run would end its own access, and nobody would know the new value. Nothing was sent. Make a token of its own with the scope ADMIN for this, and give that as \`tinybird-token\`.`,
    );
  }
  if (handout.vault === null && handout.tokensFile === null) {
    return new Stop(
      'bad-input',
      'all-jwts: the new JWTs would have nowhere to go. Nothing was sent. Give `secrets-token`, or `tokens-file`.',
    );
  }
  return null;
}

/**
 * Every JWT of the workspace is refused from now on. Before that the ledger says that ours have to be written again, so that
 * a run that is killed in between is completed by the next one.
 */
export async function endJwts(asked: Asked, { live, desired }: Situation): Promise<string> {
  const { handout, connection, sources } = asked;
  const { vault } = handout;
  const signing = signingToken(live.tokens);
  if (signing === undefined) throw new Error('signingRefusal asks for it');
  const ledger = vault?.ledger.kind === 'present' ? vault.ledger.ledger : new Map();
  for (const [target, entries] of ledger) {
    const ours = new Map<string, Entry>();
    for (const [name, entry] of entries) if (entry.jwt !== null) ours.set(name, { ...entry, pending: true });
    if (vault === null || ours.size === 0) continue;
    const announced = await changeLedger(vault.client, {
      fleet: sources.fleet.name,
      target,
      ours,
      first: vault.ledger,
    });
    if (!announced.ok) throw new Stop('failed', `${announced.failure.sentence}. No JWT was ended.`);
  }
  await connection.writer.refreshSigningToken(signing.id);
  return `every JWT of the workspace was ended: ${plural(desired.filter(isJwt).length, 'JWT')} of this list ${desired.filter(isJwt).length === 1 ? 'is' : 'are'} minted again, those of other lists and backends have to be minted by whoever holds them`;
}

const SHOWN = 5;

/** For who asked to end a leaked JWT without saying that. */
export function jwtNotes(
  { rotate }: Asked,
  { renewed }: Rotation,
  live: ReadonlyMap<string, LiveJwt>,
): string[] {
  if (rotate.turn?.atOnce !== true || rotate.allJwts || renewed.size === 0) return [];
  const names = [...renewed];
  const ends = names.map((name) => live.get(name)?.expires ?? 0);
  const until = Math.max(0, ...ends);
  const old = until === 0 ? '' : `, the old ones work until ${new Date(until * 1000).toISOString()}`;
  const who = names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? `, … (${names.length})` : '');
  return [
    `${who}: minted again, but a JWT cannot be ended alone${old}. \`all-jwts\` gives the token that signs them another value: then every JWT of the workspace is refused at once; those of this list are minted and stored again, and those of other lists, of backends and of people have to be minted again by whoever holds them`,
  ];
}
