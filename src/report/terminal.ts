// The plan and its outcome for a terminal and the job's log.
import type { Report, TenantReport } from './report.ts';
import { account, FATES, orphans, plural, sentence, totals, untouched, verbOf } from './words.ts';

// Beyond this many tenants a log is not read line by line; the report file has them all.
const SHOWN = 50;

export function terminal(report: Report): string {
  const lines = [heading(report)];
  for (const change of report.project) lines.push(`  = project  ${sentence(change)}`);
  lines.push(...tenantLines(report.tenants.slice(0, SHOWN), report.mode));
  if (report.tenants.length > SHOWN)
    lines.push(`  … and ${plural(report.tenants.length - SHOWN, 'tenant')} more`);
  if (report.plan.orphans.length > 0) {
    const names = [...new Set(report.plan.orphans.map(({ tenant }) => tenant))].slice(0, SHOWN).join(', ');
    lines.push(
      `  ? ${orphans(report.plan)}: ${names}. To remove a tenant, bring its line back with \`state: removed\`, or run once with \`prune\`.`,
    );
  }
  for (const note of report.notes) lines.push(`  i ${note}`);
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

const HEADINGS = { plan: 'Plan', apply: 'Apply', renew: 'Renew' } as const;
const WIDEST_ID = 30;

function tenantLines(tenants: readonly TenantReport[], mode: Report['mode']): string[] {
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length));
  const id = Math.min(WIDEST_ID, widest(tenants.map((tenant) => tenant.id)));
  const verb = widest(tenants.map((tenant) => verbOf(tenant, mode)));
  return tenants.map((tenant) => {
    const sign = tenant.failed === null && tenant.skipped === null ? FATES[tenant.fate].sign : 'x';
    return `  ${sign} ${tenant.id.padEnd(id)}  ${verbOf(tenant, mode).padEnd(verb)}  ${account(tenant)}`;
  });
}

function secretLines({ secrets, mode }: Report): string[] {
  if (secrets.target === null) return [];
  const lines: string[] = [];
  const done = secrets.written.length + secrets.deleted.length;
  if (mode === 'plan' && secrets.due > 0)
    lines.push(`  ${plural(secrets.due, 'secret')} to write or delete (${secrets.target})`);
  if (done > 0) {
    lines.push(
      `  ${plural(secrets.written.length, 'secret')} written, ${secrets.deleted.length} deleted (${secrets.target})`,
    );
  }
  for (const { name, error } of secrets.failed) lines.push(`  x secret ${name}: ${error}`);
  return lines;
}
