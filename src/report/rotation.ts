// What becomes of rotated tokens, in sentences: who is waited for, until when, and what to do about it.
import { plural } from '../numbers.ts';
import type { Wait } from '../rotation/rotation.ts';

export interface RotationTold {
  readonly absent: readonly string[];
  readonly begun: readonly string[];
  /** By the role's first token. */
  readonly held: ReadonlySet<string>;
  readonly waits: readonly Wait[];
  /** Next tokens whose values this run puts nowhere. */
  readonly unstored: number;
}

/** One sentence a reason, however many tokens it is about. */
export function rotationNotes({ absent, begun, held, waits, unstored }: RotationTold): string[] {
  const why = Map.groupBy(waits, (wait) => wait.why);
  const of = (reason: Wait['why']) => why.get(reason) ?? [];
  return [
    ...(unstored === 0
      ? []
      : [
          `${plural(unstored, 'new value')} ${unstored === 1 ? 'is' : 'are'} stored nowhere: hand ${unstored === 1 ? 'it' : 'them'} out before the old ${unstored === 1 ? 'token goes' : 'tokens go'} (\`tinybird-tenants token show TENANT/ROLE --reveal\`)`,
        ]),
    ...told(absent, (who) => `nothing to rotate for ${who}: there is no token yet, an apply makes it`),
    ...told(
      [...held],
      (who) =>
        `not rotated: ${who}, because what it opens has changes that wait for an apply. Apply first, then rotate`,
    ),
    ...told(
      begun,
      (who) =>
        `the rotation of ${who} goes on: the token before the current one still works. \`now\` ends it at once`,
    ),
    ...told(
      of('unpublished').map(nameOf),
      (who) => `${who} works until the token that follows it is where its readers find it`,
    ),
    ...graceNotes(waits),
    ...usedNotes(waits),
    ...told(
      of('appends').map(nameOf),
      (who) =>
        `${who} works on, because it may append, and nothing tells whether it still does: \`force\` retires it`,
    ),
    ...unknownNotes(waits),
  ];
}

const nameOf = ({ name }: Wait): string => name;

function graceNotes(waits: readonly Wait[]): string[] {
  const found = waits.filter((wait) => wait.why === 'grace');
  const first = Math.min(...found.map(({ until }) => until));
  return told(
    found.map(nameOf),
    (who) => `${who}: works beside the token that follows it until ${timeOf(first)} at least`,
  );
}

function usedNotes(waits: readonly Wait[]): string[] {
  const found = waits.filter((wait) => wait.why === 'used');
  const notes = found.slice(0, SHOWN).map(({ who, use }) => {
    const by = use.agents.filter(Boolean).map(plain).join(', ');
    const at = use.pipes.map(plain).join(', ');
    return `the old token ${use.name} of ${who} is still used: ${plural(use.requests, 'request')} since its successor was handed out, the last one ${timeOf(use.last)}${at === '' ? '' : ` (${at}${by === '' ? '' : `, by ${by}`})`}. It works on; \`force\` retires it all the same`;
  });
  const left = found.length - notes.length;
  return left === 0
    ? notes
    : [...notes, `and ${plural(left, 'old token')} more ${left === 1 ? 'is' : 'are'} still used`];
}

function unknownNotes(waits: readonly Wait[]): string[] {
  const found = waits.filter((wait) => wait.why === 'unknown');
  const [first] = found;
  if (first === undefined) return [];
  return told(
    found.map(nameOf),
    (who) =>
      `${who} works on, because it cannot be told whether it is still used: ${first.reason} \`force\` retires it all the same`,
  );
}

const SHOWN = 5;

function told(names: readonly string[], sentence: (who: string) => string): string[] {
  if (names.length === 0) return [];
  const left = names.length - SHOWN;
  return [sentence(names.slice(0, SHOWN).join(', ') + (left > 0 ? ` and ${left} more` : ''))];
}

/** Clients call themselves what they like. */
const plain = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);

/** `2026-11-23T09:15:00Z` */
const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
