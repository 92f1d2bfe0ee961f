// The plan and its outcome as Markdown: for the pull request comment (in rungs, longest first) and for the step summary.
import type { Change } from '../model.ts';
import { hasFailed, type Report, type TenantReport } from './report.ts';
import {
  account,
  inventory,
  kindOf,
  nameOf,
  plural,
  sentence,
  story,
  totals,
  untouched,
  verbOf,
} from './words.ts';

/** GitHub refuses longer comments; https://docs.github.com/rest/issues/comments. */
export const COMMENT_LIMIT = 65_536;
/** GitHub drops a longer step summary; 1 MiB counted in bytes, and a character may take four. */
export const SUMMARY_LIMIT = 262_144;

export interface Links {
  /** Page of this run, or null outside GitHub. */
  readonly run: string | null;
  readonly base: string | null;
  readonly head: string | null;
}

/** The same content in fewer and fewer words, each within `limit` characters; the last always fits. */
export function rungs(report: Report, links: Links, limit: number): string[] {
  const tails = [
    [...tenantTable(report.tenants, report), ...details(report)],
    tenantTable(report.tenants, report),
    tenantTable(report.tenants.slice(0, 50), report),
    [],
  ];
  const texts = tails.map((tail) => [...head(report), ...tail, ...foot(report, links)].join('\n'));
  const fitting = texts.filter((text) => text.length <= limit);
  return fitting.length > 0 ? [...new Set(fitting)] : [`${texts.at(-1)?.slice(0, limit - 2) ?? ''}…`];
}

/** What the summary says when there was no plan to show. */
export function stopSummary(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return ['### ❌ Tinybird tenants', '', ...quoted(message), ''].join('\n');
}

function head(report: Report): string[] {
  const where =
    report.workspace === null ? 'workspace not asked' : `workspace ${code(report.workspace.name)}`;
  const lines = [`### ${icon(report)} Tinybird tenants · fleet ${code(report.fleet)} · ${where}`, ''];
  if (report.stop !== null) {
    lines.push(`> **Stopped: ${report.stop.name}**`, '>', ...quoted(report.stop.message), '');
  }
  lines.push(`**${totals(report)}**`);
  const rest = untouched(report);
  if (rest !== '') lines.push('', rest);
  const points = warnings(report);
  if (points.length > 0) lines.push('', ...points.map((point) => `- ${point}`));
  return lines;
}

const icon = (report: Report): string => (hasFailed(report) ? '❌' : report.mode === 'plan' ? '📋' : '✅');

/** Removals and hazards, before anything else is read. */
function warnings({ tenants, project, notes, secrets, plan, mode }: Report): string[] {
  const lines: string[] = [];
  for (const tenant of tenants) {
    const { id, fate, changes } = tenant;
    const verb = mode === 'plan' ? 'will be' : tenant.skipped === null ? 'is' : 'is not';
    if (tenant.failed !== null) continue;
    if (fate === 'removed') lines.push(`⚠️ ${code(id)} ${verb} removed: ${inventory(changes)}`);
    if (fate === 'suspended') lines.push(`⏸️ ${code(id)} ${verb} suspended: ${story(tenant)}`);
    lines.push(...losses(fate === 'removed' ? [] : changes));
  }
  lines.push(...losses(project));
  for (const { key, why } of plan.conflicts) lines.push(`⛔ ${code(key)}: ${inert(why)}`);
  for (const { name, error } of secrets.failed) lines.push(`❌ secret ${code(name)}: ${inert(error)}`);
  return [...lines, ...orphaned(plan), ...notes.map((note) => `ℹ️ ${inert(note)}`)];
}

/** Data that goes although its tenant stays. */
const losses = (changes: readonly Change[]): string[] =>
  changes.flatMap((change) => {
    if (!change.hazards.includes('loses-data')) return [];
    const name = code(nameOf(change.key));
    if (change.action === 'update') return [`⚠️ ${name} may lose data: ${change.fields.join(', ')} change`];
    return change.action === 'delete' ? [`⚠️ ${name} goes: ${inventory([change])} (${change.why})`] : [];
  });

const ORPHANS_SHOWN = 20;

function orphaned({ orphans }: Report['plan']): string[] {
  const tenants = [...Map.groupBy(orphans, ({ tenant }) => tenant)];
  const lines = tenants
    .slice(0, ORPHANS_SHOWN)
    .map(([id, own]) => `❔ ${code(id)} is live but not in the list: ${plural(own.length, 'resource')} kept`);
  const left = tenants.length - lines.length;
  return left > 0 ? [...lines, `❔ … and ${plural(left, 'tenant')} more that are not in the list`] : lines;
}

function tenantTable(tenants: readonly TenantReport[], report: Report): string[] {
  if (tenants.length === 0) return [];
  const order = ['removed', 'suspended', 'updated', 'renewed', 'created'];
  const rows = tenants
    .toSorted((one, other) => order.indexOf(one.fate) - order.indexOf(other.fate))
    .map((tenant) => {
      const set = tenant.set === null ? '' : code(tenant.set);
      const verb = verbOf(tenant, report.mode).toLowerCase();
      return `| ${code(tenant.id)} | ${verb} | ${set} | ${inert(shorten(account(tenant)))} |`;
    });
  const left = report.tenants.length - tenants.length;
  return [
    '',
    '| tenant | | set | what |',
    '|---|---|---|---|',
    ...rows,
    ...(left > 0 ? ['', `… and ${plural(left, 'tenant')} more; the report of the run has them all.`] : []),
  ];
}

function details(report: Report): string[] {
  const sections = [
    ...(report.project.length > 0 ? [{ title: 'project', changes: report.project }] : []),
    ...report.tenants.map(({ id, changes }) => ({ title: id, changes })),
  ];
  if (sections.length === 0) return [];
  const lines = [
    '',
    `<details><summary>${plural(
      sections.reduce((n, { changes }) => n + changes.length, 0),
      'change',
    )} in detail</summary>`,
    '',
  ];
  for (const { title, changes } of sections) {
    lines.push(`- ${code(title)}`, ...changes.map((change) => `  - ${detail(change)}`));
  }
  return [...lines, '', '</details>'];
}

function detail(change: Change): string {
  const hazards = change.hazards.length > 0 ? ` — ${change.hazards.join(', ')}` : '';
  const text =
    change.action === 'create'
      ? `new ${kindOf(change.key)}`
      : sentence(change).slice(nameOf(change.key).length + 2);
  return `${code(nameOf(change.key))} ${inert(text)}${hazards}`;
}

function foot(report: Report, links: Links): string[] {
  const range =
    links.head === null
      ? []
      : [`${links.base === null ? '' : `${code(links.base.slice(0, 7))} → `}${code(links.head.slice(0, 7))}`];
  const run = links.run === null ? [] : [`[run](${links.run})`];
  const { written, deleted, due } = report.secrets;
  const counts: readonly (readonly [number, string])[] =
    report.mode === 'plan'
      ? [[due, 'due']]
      : [
          [written.length, 'written'],
          [deleted.length, 'deleted'],
        ];
  const secrets = counts.flatMap(([n, what]) => (n > 0 ? [`${plural(n, 'secret')} ${what}`] : []));
  return [
    '',
    `<sub>${[`plan ${code(report.plan.checksum)}`, ...secrets, ...range, ...run].join(' · ')}</sub>`,
  ];
}

const LONGEST = 300;
const shorten = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
// A summary, unlike a comment, runs lines together.
const quoted = (text: string): string[] => [
  text
    .split('\n')
    .map((line) => `> ${inert(line)}`)
    .join('<br>\n'),
];

/** Text that cannot become markup, a mention, a link or a second marker. */
function inert(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@/g, '@\u200b')
    .replace(/[\\`*{}[\]#!|~]|(?<!\w)_|_(?!\w)/g, (sign) => `\\${sign}`);
}

/** A code span that its content cannot leave, also inside a table. */
function code(text: string): string {
  const flat = text.replace(/[\r\n]+/g, ' ').replace(/\|/g, '\\|');
  const longest = Math.max(0, ...[...flat.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `\`${flat}\`` : `${fence} ${flat} ${fence}`;
}
