// The plan and its outcome for a terminal and the job's log.
import { plural } from '../numbers.ts';
import { failures, headline } from '../verify/words.ts';
import { findingLines } from './findings.ts';
import type { Report, TenantReport } from './report.ts';
import { type Row, rowsOf } from './rows.ts';
import { secretsDueWords } from './secrets.ts';
import { account, FATES, orphans, sentence, totals, untouched, verbOf } from './words.ts';

// Beyond this many lines a log is not read; the report file has them all.
const SHOWN = 50;
const FINDINGS_SHOWN = 5;
/** More tenants with the same story stand in one line. */
const APART = 3;

export function terminal(report: Report): string {
  const lines = [heading(report)];
  for (const change of report.project) lines.push(`  = project  ${sentence(change)}`);
  lines.push(...tenantLines(report));
  if (report.plan.orphans.length > 0) {
    const names = [...new Set(report.plan.orphans.map(({ tenant }) => tenant))].slice(0, SHOWN).join(', ');
    lines.push(
      `  ? ${orphans(report.plan)}: ${names}. To remove a tenant, bring its line back with \`state: removed\`, or run once with \`prune\`.`,
    );
  }
  for (const note of report.notes) lines.push(`  i ${note}`);
  for (const line of findingLines(report.findings, FINDINGS_SHOWN)) lines.push(`  ! ${line}`);
  if (report.proof !== null) lines.push(...failures(report.proof), `  verified: ${headline(report.proof)}`);
  lines.push(...secretLines(report));
  const facts = [totals(report), untouched(report), `Plan ${report.plan.checksum}`];
  lines.push(facts.filter(Boolean).join('. '));
  if (report.stop !== null) lines.push(`Stopped (${report.stop.name}): ${report.stop.message}`);
  return `${lines.join('\n')}\n`;
}

function heading({ fleet, workspace, mode }: Report): string {
  const where = workspace === null ? 'the workspace was not asked' : `workspace ${workspace.name}`;
  return `${HEADINGS[mode]}: fleet ${fleet}, ${where}`;
}

const HEADINGS = {
  plan: 'Plan',
  apply: 'Apply',
  renew: 'Renew',
  rotate: 'Rotate',
  verify: 'Verify',
} as const;
const WIDEST_ID = 30;

interface Line {
  readonly sign: string;
  readonly who: string;
  readonly verb: string;
  readonly what: string;
  readonly tenants: number;
}

function tenantLines(report: Report): string[] {
  const all = rowsOf(report).flatMap((row) =>
    row.tenants.length > APART ? [together(row)] : row.tenants.map((tenant) => alone(tenant, report.mode)),
  );
  const shown = all.slice(0, SHOWN);
  const left = all.slice(SHOWN).reduce((sum, { tenants }) => sum + tenants, 0);
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length));
  const who = Math.min(WIDEST_ID, widest(shown.map((line) => line.who)));
  const verb = widest(shown.map((line) => line.verb));
  return [
    ...shown.map((line) => `  ${line.sign} ${line.who.padEnd(who)}  ${line.verb.padEnd(verb)}  ${line.what}`),
    ...(left > 0 ? [`  … and ${plural(left, 'tenant')} more`] : []),
  ];
}

const alone = (tenant: TenantReport, mode: Report['mode']): Line => ({
  sign: signOf(tenant),
  who: tenant.id,
  verb: verbOf(tenant, mode),
  what: account(tenant),
  tenants: 1,
});

function together({ tenants, verb, parts, because }: Row): Line {
  const [first] = tenants;
  const story = parts.map(({ name, text }) => (name === null ? text : `${name}: ${text}`)).join('; ');
  const names = tenants.slice(0, APART).map(({ id }) => id);
  return {
    sign: first === undefined ? ' ' : signOf(first),
    who: plural(tenants.length, 'tenant'),
    verb: verb === 'failed' ? 'FAILED' : verb,
    what: `${story}${because === null ? '' : `: ${because}`} (${names.join(', ')}, …)`,
    tenants: tenants.length,
  };
}

const signOf = ({ fate, failed, skipped }: TenantReport): string =>
  failed === null && skipped === null ? FATES[fate].sign : 'x';

function secretLines({ secrets, mode }: Report): string[] {
  if (secrets.target === null) return [];
  const lines: string[] = [];
  const done = secrets.written.length + secrets.deleted.length;
  if (mode === 'plan' && secrets.due > 0) {
    const { what, why } = secretsDueWords(secrets);
    lines.push(`  ${what} to write or delete (${secrets.target}, ${why})`);
  }
  if (done > 0) {
    lines.push(
      `  ${plural(secrets.written.length, 'secret')} written, ${secrets.deleted.length} deleted (${secrets.target})`,
    );
  }
  for (const { name, error } of secrets.failed) lines.push(`  x secret ${name}: ${error}`);
  return lines;
}
