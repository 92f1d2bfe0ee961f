// The report as JSON, for files and `--json`: everything about the run, and no token value.
import { writeFile } from 'node:fs/promises';
import type { Change } from '../model.ts';
import type { Redact } from '../redact.ts';
import type { Report } from './report.ts';

/** Changes by name, action and reason; datafiles are left out, they are in the repository and in the workspace. */
export function jsonOf(report: Report): Readonly<Record<string, unknown>> {
  const { plan, tenants, project, ...rest } = report;
  return {
    ...rest,
    checksum: plan.checksum,
    unchanged: plan.unchanged,
    foreign: plan.foreign,
    orphans: plan.orphans,
    conflicts: plan.conflicts,
    steps: plan.steps.map(({ name, changes }) => ({ name, changes: changes.map(changeOf) })),
    project: project.map(changeOf),
    tenants: tenants.map(({ id, fate, set, failed, skipped }) => ({ id, fate, set, failed, skipped })),
  };
}

const changeOf = (change: Change) => ({
  action: change.action,
  key: change.key,
  tenant: change.tenant,
  hazards: change.hazards,
  ...('fields' in change ? { fields: change.fields } : {}),
  ...('why' in change ? { why: change.why } : {}),
  ...(change.rows === undefined ? {} : { rows: change.rows }),
  ...('after' in change ? { from: change.after.from } : {}),
});

export async function writeReport(report: Report | null, path: string, redact: Redact): Promise<void> {
  await writeFile(path, redact(`${JSON.stringify(report === null ? {} : jsonOf(report), null, 2)}\n`));
}
