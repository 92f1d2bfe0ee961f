// The plan and its outcome for a terminal and the job's log.
import type { Report, TenantReport } from './report.ts';
import { FATES, orphans, plural, sentence, story, totals, untouched } from './words.ts';

// Beyond this many tenants a log is not read line by line; the report file has them all.
const SHOWN = 50;

export function terminal(report: Report): string {
  const lines = [heading(report)];
  for (const change of report.project) lines.push(`  = project  ${sentence(change)}`);
  const width = Math.min(30, Math.max(0, ...report.tenants.slice(0, SHOWN).map(({ id }) => id.length)));
  for (const tenant of report.tenants.slice(0, SHOWN)) lines.push(tenantLine(report, tenant, width));
  if (report.tenants.length > SHOWN)
    lines.push(`  … and ${plural(report.tenants.length - SHOWN, 'tenant')} more`);
  if (report.plan.orphans.length > 0) {
    const names = [...new Set(report.plan.orphans.map(({ tenant }) => tenant))].slice(0, SHOWN).join(', ');
    lines.push(`  ? ${orphans(report.plan)}: ${names}. Write \`state: removed\` to remove them.`);
  }
  for (const note of report.notes) lines.push(`  i ${note}`);
  lines.push(...secretLines(report));
  lines.push(`${totals(report)}. ${untouched(report)}. Plan ${report.plan.checksum}`);
  if (report.stop !== null) lines.push(`Stopped (${report.stop.name}): ${report.stop.message}`);
  return `${lines.join('\n')}\n`;
}

function heading({ fleet, workspace, mode }: Report): string {
  const where = workspace === null ? 'the workspace was not asked' : `workspace ${workspace.name}`;
  return `${mode === 'plan' ? 'Plan' : 'Apply'}: fleet ${fleet}, ${where}`;
}

function tenantLine(report: Report, tenant: TenantReport, width: number): string {
  const { sign, planned, done } = FATES[tenant.fate];
  const verb = report.mode === 'plan' ? planned : tenant.failed === null ? done : 'FAILED';
  const text = tenant.failed === null ? story(tenant) : tenant.failed;
  return `  ${tenant.failed === null ? sign : 'x'} ${tenant.id.padEnd(width)}  ${verb.padEnd(9)}  ${text}`;
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
