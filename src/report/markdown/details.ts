// What changes in the texts, folded: one difference for all tenants that share it.
import { plural } from '../../numbers.ts';
import type { Difference } from '../differences.ts';
import { SLUG, TENANT } from '../nameless.ts';
import type { Report } from '../report.ts';
import { hazardWords } from '../words.ts';
import type { Section } from './fit.ts';
import { code, fenced, html, htmlProse, inert, shorten } from './inert.ts';
import { dangerous } from './table.ts';

const LINES_SHOWN = 300;
const LONGEST_LINE = 1_000;
const TENANTS_SHOWN = 100;
const FEW_TENANTS = 5;

/** With the lines that go and come. */
export function details(report: Report, where: string): readonly Section[] {
  const all = report.differences;
  const textual = all.filter(({ diff }) => diff.length > 0);
  const changed = textual.filter(({ action }) => action !== 'create');
  const made = textual.filter(({ action }) => action === 'create');
  const silent = all.filter(({ action, diff }) => action !== 'delete' && diff.length === 0);
  const gone = all
    .filter(({ action }) => action === 'delete')
    .sort((one, other) => compare(one.tenants[0] ?? '', other.tenants[0] ?? ''));
  const rest = (left: number) => [`… and ${plural(left, 'difference')} more: ${where}.`, ''];
  return [
    { head: [], blocks: changed.map((one) => unfolded(one, where)), foot: [], rest },
    {
      head: [`<details><summary>${plural(countOf(made), 'new resource')}</summary>`, ''],
      blocks: made.map((one) => unfolded(one, where)),
      foot: ['</details>', ''],
      rest,
    },
    listed(silent, { title: (n) => `${plural(n, 'change')} that no text shows`, where }),
    listed(gone, { title: (n) => `${plural(n, 'resource')} that ${n === 1 ? 'goes' : 'go'}`, where }),
  ];
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const countOf = (differences: readonly Difference[]): number =>
  differences.reduce((n, { tenants }) => n + Math.max(1, tenants.length), 0);

/** Without them. */
export const names = (report: Report, where: string): Section =>
  listed(report.differences, { title: (n) => `${plural(n, 'change')} in detail`, where });

function listed(
  differences: readonly Difference[],
  at: { title: (n: number) => string; where: string },
): Section {
  return {
    head: [`<details><summary>${at.title(countOf(differences))}</summary>`, ''],
    blocks: differences.map((difference) => [item(difference)]),
    foot: ['', '</details>', ''],
    rest: (left) => [`… and ${left} more: ${at.where}.`, ''],
  };
}

function item(difference: Difference): string {
  const { name, what, tenants } = difference;
  const danger = hazardWords([difference]);
  const shown = tenants.slice(0, FEW_TENANTS).map(code).join(', ');
  const left =
    tenants.length > FEW_TENANTS ? ` and ${plural(tenants.length - FEW_TENANTS, 'tenant')} more` : '';
  const shared = tenants.length > 1 ? ` in ${shown}${left}` : '';
  return `- ${code(name)} ${inert(shorten(what))}${shared}${danger.length === 0 ? '' : ` — ${dangerous(danger)}`}`;
}

function unfolded(difference: Difference, where: string): string[] {
  const { diff, tenants, action, kind } = difference;
  // A new text is read as it is; its first line counts the others.
  const isNew = action === 'create';
  const text = isNew ? diff.slice(1).map((line) => line.slice(1)) : diff;
  const shown = text
    .slice(0, LINES_SHOWN)
    .map((line) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE).toWellFormed()}…` : line));
  const left = text.length - shown.length;
  return [
    `<details><summary>${titleOf(difference)}</summary>`,
    '',
    ...fenced(shown, isNew ? (kind === 'token' ? '' : 'sql') : 'diff'),
    ...(left > 0 ? ['', `… and ${plural(left, 'line')} more: ${where}.`] : []),
    ...(tenants.length > 1 ? ['', sharers(difference)] : []),
    '',
    '</details>',
    '',
  ];
}

const TITLES: Readonly<Record<Difference['action'], (kind: string, what: string) => string>> = {
  adopt: (_, what) => `what adopting it would change: ${what}`,
  create: (kind) => `new ${kind}`,
  update: (_, what) => what,
  replace: (_, what) => what,
  delete: (_, what) => what,
};

/** Here Markdown is not read: only what we say ourselves stands outside of code. */
function titleOf(difference: Difference): string {
  const { action, kind, name, what, tenants, drift } = difference;
  const danger = hazardWords([difference]);
  // What a token opens may hold anything that somebody wrote in the workspace.
  const words = TITLES[action](kind, kind === 'token' ? 'token' : htmlProse(shorten(what)));
  return [
    `${html(name)} ${words}`,
    ...(drift ? ['changed in the workspace'] : []),
    ...(danger.length === 0 || action === 'create' ? [] : [danger.join(', ')]),
    ...(tenants.length > 1 ? [`the same change in ${plural(tenants.length, 'tenant')}`] : []),
  ].join(' · ');
}

function sharers({ tenants, diff }: Difference): string {
  const shown = tenants.slice(0, TENANTS_SHOWN).map(code).join(', ');
  const left = tenants.length - TENANTS_SHOWN;
  const placeholders = [
    { name: TENANT, what: 'id' },
    { name: SLUG, what: 'slug' },
  ].filter(({ name }) => diff.some((line) => line.includes(name)));
  const legend = placeholders.map(({ name, what }) => `${code(name)} is the ${what} of each`);
  return `In ${shown}${left > 0 ? ` and ${plural(left, 'tenant')} more` : ''}. ${legend.join(', ')}`.trim();
}
