// What a reader must not miss, in sentences: what was changed in the workspace, conflicts, secrets, orphans, notes; and removals where there is no table.

import { type Change, nameOf } from '../../model.ts';
import { plural } from '../../numbers.ts';
import type { Report } from '../report.ts';
import { excess, inventory, lastEdit, story, wordsOf } from '../words.ts';
import type { Section } from './fit.ts';
import { code, inert, shorten } from './inert.ts';

const SHOWN = 20;

/** Each kind for itself, so that many of one do not hide the others. */
const bounded = (lines: readonly string[], where: string): string[] =>
  lines.length <= SHOWN
    ? [...lines]
    : [...lines.slice(0, SHOWN), `… and ${lines.length - SHOWN} more: ${where}`];

const list = (kinds: readonly (readonly string[])[], where: string): Section => ({
  head: [],
  blocks: kinds.flatMap((lines) => bounded(lines, where)).map((line) => [`- ${line}`]),
  foot: [''],
  rest: (left) => [`- … and ${left} more: ${where}`, ''],
});

/** Above the table: nobody has asked for these in the list. */
export function byHand(report: Report, where: string): Section {
  const verb = goingOn(report);
  return list([changesOf(report).flatMap((change) => edited(change, verb))], where);
}

/** Below it. */
export function notices({ plan, secrets, notes, stop }: Report, where: string): Section {
  // The refusal names them, and the way out.
  const conflicts = stop?.name === 'conflict' ? [] : plan.conflicts;
  return list(
    [
      conflicts.map(({ key, why }) => `⛔ ${code(nameOf(key))}: ${inert(shorten(why))}`),
      secrets.failed.map(({ name, error }) => `❌ secret ${code(name)}: ${inert(shorten(error))}`),
      orphaned(plan),
      notes.map((note) => `ℹ️ ${inert(note.length > LONGEST_NOTE ? shorten(note) : note)}`),
    ],
    where,
  );
}
const LONGEST_NOTE = 2_000;

/** Removals, suspensions and losses, for a text without a table. */
export const losses = (report: Report, where: string): Section =>
  list(
    [
      report.tenants.flatMap((tenant) => {
        const { id, fate, changes } = tenant;
        const verb = goingOn(report, tenant);
        if (tenant.failed !== null) return [`❌ ${code(id)}: ${inert(shorten(tenant.failed))}`];
        if (fate === 'removed') return [`⚠️ ${code(id)} ${verb} removed: ${inventory(changes)}`];
        if (fate === 'suspended') return [`⏸️ ${code(id)} ${verb} suspended: ${story(tenant)}`];
        return changes.flatMap(lost);
      }),
      report.project.flatMap(lost),
    ],
    where,
  );

/** Data that goes although its tenant stays. */
function lost(change: Change): string[] {
  if (!change.hazards.includes('loses-data')) return [];
  const name = code(nameOf(change.key));
  switch (change.action) {
    case 'create':
      return [];
    case 'update':
      return [`⚠️ ${name} may lose data: ${inert(shorten(change.fields.join(', ')))} change`];
    case 'replace':
      return [`⚠️ ${name} is replaced: ${inventory([change])} (${inert(change.why)})`];
    case 'delete':
      return [`⚠️ ${name} goes: ${inventory([change])} (${change.why})`];
  }
}

function edited(change: Change, verb: string): string[] {
  const wide = excess(change);
  if (wide === null && change.drift !== true) return [];
  const name = code(nameOf(change.key));
  if (wide !== null) {
    const what = 'more' in wide ? code(wide.more) : `it lacks ${code(wide.lacks)}`;
    return [
      `⚠️ ${name} was changed in the workspace and opens more than the list says: ${what}. It ${verb} brought back`,
    ];
  }
  const when = 'before' in change ? lastEdit(change.before) : '';
  const what = inert(shorten(wordsOf(change)));
  return [
    `↩️ ${name} was changed in the workspace, not by the list${inert(when)}: ${what}. It ${verb} brought back`,
  ];
}

const changesOf = ({ tenants, project }: Report): Change[] => [
  ...project,
  ...tenants.flatMap(({ changes }) => changes),
];

function goingOn({ mode, outcomes }: Report, tenant?: Report['tenants'][number]): string {
  if (mode === 'plan') return 'will be';
  const undone =
    tenant === undefined ? outcomes.every(({ result }) => result !== 'applied') : tenant.skipped !== null;
  return undone ? 'is not' : 'is';
}

function orphaned({ orphans }: Report['plan']): string[] {
  const names = [...Map.groupBy(orphans, ({ tenant }) => tenant).keys()];
  if (names.length === 0) return [];
  const rows = orphans.reduce((sum, orphan) => sum + (orphan.rows ?? 0), 0);
  const shown = names.slice(0, SHOWN).map(code).join(', ') + (names.length > SHOWN ? ', …' : '');
  const what = plural(orphans.length, 'resource') + (rows > 0 ? ` with ${plural(rows, 'row')}` : '');
  return [
    `❔ ${plural(names.length, 'tenant')} live but not in the list: ${shown}. ${what} kept; to remove a tenant, write ${code('state: removed')} in its line`,
  ];
}
