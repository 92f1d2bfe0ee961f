// The job's outputs: every one on every run, ids and names only.
import type { Report } from './report.ts';

export const OUTPUTS = {
  changed: 'JSON array of the ids of all tenants that were (or would be) created, updated or removed',
  created: 'JSON array of tenant ids',
  updated: 'JSON array of tenant ids; suspended tenants and renewed tokens count as updated',
  removed: 'JSON array of tenant ids',
  failed: 'JSON array of the ids of tenants with at least one failed change',
  orphaned: 'JSON array of the ids of tenants that are live but not in the list; they stay',
  'token-ids':
    'JSON: tenant → role → id of the tokens created or changed in this run; {} beyond 100 KB (read the report)',
  'secret-names':
    'JSON: tenant → role → name of the secret written in this run; {} beyond 100 KB (read the report)',
  'plan-checksum': 'identifies the plan; pass it as plan-checksum to apply this plan only',
  'deployment-id': 'id of the deployment that this run made live, or empty',
  drift: '`true` when the workspace is not what the list says',
  'report-path': 'a JSON file with everything about the run; it holds no token value',
} as const;

export type Outputs = Readonly<Record<keyof typeof OUTPUTS, string>>;

// Beyond this a job output breaks whoever puts it in an environment variable (128 KB a string on Linux).
const LARGEST_MAP = 100 * 1024;

export function outputs(report: Report | null, reportPath: string): Outputs {
  if (report === null) return { ...EMPTY, 'report-path': reportPath };
  const ids = (...fates: readonly string[]) =>
    JSON.stringify(
      report.tenants
        .filter(({ fate, failed, skipped }) => fates.includes(fate) && failed === null && skipped === null)
        .map(({ id }) => id),
    );
  return {
    changed: ids('created', 'updated', 'suspended', 'renewed', 'removed'),
    created: ids('created'),
    updated: ids('updated', 'suspended', 'renewed'),
    removed: ids('removed'),
    failed: JSON.stringify(report.tenants.filter(({ failed }) => failed !== null).map(({ id }) => id)),
    orphaned: JSON.stringify([...new Set(report.plan.orphans.map(({ tenant }) => tenant))]),
    'token-ids': bounded(report.tokenIds),
    'secret-names': bounded(report.secrets.names),
    'plan-checksum': report.plan.checksum,
    'deployment-id': report.deploymentId ?? '',
    drift: String(report.drift),
    'report-path': reportPath,
  };
}

const EMPTY: Outputs = {
  changed: '[]',
  created: '[]',
  updated: '[]',
  removed: '[]',
  failed: '[]',
  orphaned: '[]',
  'token-ids': '{}',
  'secret-names': '{}',
  'plan-checksum': '',
  'deployment-id': '',
  drift: 'false',
  'report-path': '',
};

function bounded(map: object): string {
  const text = JSON.stringify(map);
  return text.length <= LARGEST_MAP ? text : '{}';
}
