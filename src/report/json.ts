// The report as JSON, for files and `--json`: everything about the run, and no token value.
import { writeFile } from 'node:fs/promises';
import type { Change } from '../model.ts';
import type { Redact } from '../redact.ts';
import { differencesOf } from './differences.ts';
import type { Report } from './report.ts';

/** Changes by name, action and reason, and what they change in the texts: each difference once, whoever shares it. */
export function jsonOf(report: Report): Readonly<Record<string, unknown>> {
  const { plan, tenants, project, findings, proof, ...rest } = report;
  return {
    ...rest,
    ...(findings.length > 0 ? { findings } : {}),
    ...(proof === null ? {} : { verify: proof }),
    checksum: plan.checksum,
    unchanged: plan.unchanged,
    foreign: plan.foreign,
    orphans: plan.orphans,
    conflicts: plan.conflicts.map(({ adopting, ...told }) => {
      return { ...told, ...(adopting === undefined ? {} : { adopting: changeOf(adopting) }) };
    }),
    steps: plan.steps.map(({ name, changes }) => ({ name, changes: changes.map(changeOf) })),
    project: project.map(changeOf),
    differences: differencesOf(report),
    tenants: tenants.map(({ id, fate, set, failed, skipped }) => ({ id, fate, set, failed, skipped })),
  };
}

const changeOf = (change: Change) => ({
  action: change.action,
  key: change.key,
  tenant: change.tenant,
  hazards: change.hazards,
  ...('fields' in change ? { fields: change.fields } : {}),
  ...('access' in change ? { access: change.access } : {}),
  ...('why' in change ? { why: change.why } : {}),
  ...(change.rows === undefined ? {} : { rows: change.rows }),
  ...('after' in change ? { from: change.after.from } : {}),
  ...(change.rotation ? { rotation: true } : {}),
  ...(change.drift ? { drift: true, ...editOf(change) } : {}),
});

const editOf = (change: Change) =>
  'before' in change ? { updatedAt: change.before.updatedAt, editedBy: change.before.editedBy } : {};

export async function writeReport(report: Report | null, path: string, redact: Redact): Promise<void> {
  await writeFile(path, redact(`${JSON.stringify(report === null ? {} : jsonOf(report), null, 2)}\n`));
}
