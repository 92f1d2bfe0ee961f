// A proof of isolation as Markdown, for a step summary and a comment: what was tried, what leaks and how to see it again, who read what.
import { grouped, plural } from '../../numbers.ts';
import {
  ADMINISTRATOR,
  isProven,
  type Leak,
  type Proof,
  type Reach,
  type RefusedOwn,
} from '../../verify/proof.ts';
import { headline } from '../../verify/words.ts';
import { findings } from './findings.ts';
import { type Block, fitAll, type Section } from './fit.ts';
import { cell, code, fenced, inert, shorten } from './inert.ts';

/** Whose lines of a shell are in full sight; those of the others are folded. */
const FEW = 5;
const NAMES = 5;
const LONGEST_LINE = 2_000;

export interface Room {
  /** UTF-16 units. */
  readonly limit: number;
  /** What has what there is no room for, as in `--json`. */
  readonly where: string;
}

/** The headline, leaks, own reads that were refused, the matrix, and what this does not show; whole lines within the limit. */
export function proofLines(
  proof: Proof,
  { limit, where }: Room = { limit: 60_000, where: '`--json` has everything' },
): string[] {
  return fitAll(proofSections(proof, where), limit);
}

export function proofSections(proof: Proof, where: string): Section[] {
  const { leaks, refusedOwn, moved = [] } = proof;
  const rest = (what: string) => (left: number) => [`… and ${plural(left, what)} more: ${where}.`, ''];
  const failed = [...leaks.map(leakBlock), ...refusedOwn.map(refusedBlock)];
  return [
    always([`**${isProven(proof) ? '✅' : '❌'} ${inert(headline(proof))}**`, '']),
    ...listed(failed, { title: (n) => plural(n, 'more finding'), rest: rest('finding') }),
    {
      head: [],
      blocks: moved.map((sentence) => [`- ❌ ${inert(shorten(sentence))}`]),
      foot: [''],
      rest: rest('finding'),
    },
    always(leaks.length + refusedOwn.length === 0 ? [] : [LEGEND, '']),
    matrix(proof, rest('row')),
    limits(proof, rest('sentence')),
    always(proof.findings.length === 0 ? [] : ['Reading alone shows:', '']),
    ...findings(proof, where),
  ];
}

const LEGEND =
  'In these lines `TOKEN` is the value of the token that they are about (for own data: of an administrator), and `TINYBIRD_HOST` the address of the API.';

const always = (lines: Block): Section => ({
  head: [],
  blocks: lines.length === 0 ? [] : [lines],
  foot: [],
  rest: () => [],
});

interface Folding {
  readonly title: (left: number) => string;
  readonly rest: Section['rest'];
}

/** A few in full sight, the others folded. */
function listed(blocks: readonly Block[], { title, rest }: Folding): Section[] {
  const folded = blocks.slice(FEW);
  const head = [`<details><summary>${title(folded.length)}</summary>`, ''];
  return [
    { head: [], blocks: blocks.slice(0, FEW), foot: [], rest },
    { head, blocks: folded, foot: ['</details>', ''], rest },
  ];
}

function leakBlock(leak: Leak): Block {
  const { resource, why, curl } = leak;
  return [
    `❌ ${whose(leak)} **${deedOf(leak)}** through ${code(resource)}: ${inert(shorten(why))}`,
    '',
    ...shell(curl),
    '',
  ];
}

const refusedBlock = (refused: RefusedOwn): Block => [
  `❌ ${whose(refused)} **is refused** by its own ${code(refused.resource)}: ${inert(shorten(refused.why))}`,
  '',
  ...shell(refused.curl),
  '',
];

const whose = ({ tenant, role }: Pick<Leak, 'tenant' | 'role'>): string =>
  role === ADMINISTRATOR ? `${code(tenant)}'s own data` : `${code(tenant)}'s token ${code(role)}`;

/** A line that is cut off repeats nothing: one that long is left to the JSON. */
const shell = (line: string): string[] =>
  line === '' ? [] : line.length > LONGEST_LINE ? ['(a line too long for here)'] : fenced([line], 'sh');

function deedOf({ kind, of }: Leak): string {
  const others = namesOf(of);
  switch (kind) {
    case 'rows':
      return `shows rows of ${others}`;
    case 'counts':
      return `counts rows of ${others}`;
    case 'resource':
      return `opens what belongs to ${others}`;
    case 'names':
      return `tells names of ${others}`;
    case 'tokens':
      return 'tells tokens';
    case 'change':
      return `may change what belongs to ${others}`;
  }
}

/** `?` is somebody beyond the list. */
function namesOf(ids: readonly string[]): string {
  if (ids.length === 0) return 'others';
  const named = ids.slice(0, NAMES).map((id) => (id === '?' ? 'somebody beyond the list' : code(id)));
  return `${named.join(', ')}${ids.length > NAMES ? ` and ${grouped(ids.length - NAMES)} more` : ''}`;
}

function matrix({ matrix: reaches }: Proof, rest: Section['rest']): Section {
  return {
    head: [
      '<details><summary>Who could read what</summary>',
      '',
      '| tenants | set | reads | leaks | refused by |',
      '|---|---|---|---|---|',
    ],
    blocks: reaches.map((reach) => [`| ${cellsOf(reach).map(cell).join(' | ')} |`]),
    foot: ['', '</details>', ''],
    rest,
  };
}

function cellsOf({ set, tenants, reads, leaks, refused }: Reach): string[] {
  const isBare = reads.length + leaks.length + refused === 0;
  const count = tenants.length === 1 ? '' : `${plural(tenants.length, 'tenant')}: `;
  const resources = (names: readonly string[]) => names.map((name) => inert(shorten(name))).join(', ');
  return [
    `${count}${namesOf(tenants)}`,
    code(set),
    isBare ? 'has no token' : reads.length === 0 ? 'nothing' : resources(reads),
    leaks.length === 0 ? '' : `❌ ${resources(leaks)}`,
    grouped(refused),
  ];
}

function limits({ sampled, notTried, notes }: Proof, rest: Section['rest']): Section {
  const sentences = [
    ...sampled.map((sentence) => `Sampled: ${sentence}`),
    ...notTried.map((sentence) => `Not tried: ${sentence}`),
    ...notes,
  ];
  return {
    head: [],
    blocks: sentences.map((sentence) => [`- ${inert(shorten(sentence))}`]),
    foot: [''],
    rest,
  };
}

/** With a title, for the summary of a step. */
export function proofSummary(proof: Proof, room: Room): string {
  const sign = isProven(proof)
    ? '✅ Tinybird tenants · isolation proven'
    : '❌ Tinybird tenants · isolation not proven';
  const title = `### ${sign} · fleet ${code(proof.fleet)} · in the sandbox (${proof.generation})`;
  const lines = proofLines(proof, { ...room, limit: room.limit - title.length - 3 });
  return `${[title, '', ...lines].join('\n')}\n`;
}
