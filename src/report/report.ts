// What a run found and did, in one value that every rendering reads; no token value can be in it.

import type { Stop } from '../errors.ts';
import type { Finding } from '../lint/finding.ts';
import type { Change, Fleet, Outcome, Plan, Resource } from '../model.ts';
import { changesIn } from '../plan/steps.ts';
import { type Redact, redactTexts } from '../redact.ts';
import type { Proof } from '../verify/proof.ts';
import { type Difference, differencesOf } from './differences.ts';
import { type TenantReport, tenantReports } from './fates.ts';

export type { Fate, TenantReport } from './fates.ts';

export type Mode = 'plan' | 'apply' | 'renew' | 'rotate' | 'verify';

export interface Report {
  readonly fleet: string;
  readonly mode: Mode;
  /** Null when the workspace was not asked (no token): the plan is then Git base against head. */
  readonly workspace: { readonly id: string; readonly name: string } | null;
  readonly plan: Plan;
  readonly tenants: readonly TenantReport[];
  /** Changes to the project, which all tenants share. */
  readonly project: readonly Change[];
  /** What they change in the texts, each difference once; no token is in it. */
  readonly differences: readonly Difference[];
  readonly outcomes: readonly Outcome[];
  readonly deploymentId: string | null;
  readonly secrets: SecretsReport;
  /** Tenant → role → token id, of the tokens created or changed in this run. */
  readonly tokenIds: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** For the reader: what was left alone, what could not be asked, until when an old JWT works. */
  readonly notes: readonly string[];
  /** What lint has to say; never a reason to stop. */
  readonly findings: readonly Finding[];
  /** What was shown of isolation; null when nothing was asked. */
  readonly proof: Proof | null;
  /** Why the run stopped before its end, if it did. */
  readonly stop: { readonly name: string; readonly message: string; readonly exitCode: 1 | 2 } | null;
  readonly drift: boolean;
}

export interface SecretsReport {
  /** `repository`, `environment NAME`, or null when none are written. */
  readonly target: string | null;
  /** Tenant → role → name of the secret, for everything written in this run. */
  readonly names: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly written: readonly string[];
  readonly deleted: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: string }[];
  /** Planned writes and deletions; equals the rest after an apply. */
  readonly due: number;
  /** What that takes at the pace that GitHub asks for; 0 after an apply. */
  readonly seconds: number;
  /** One secret a token, or buckets that tenants share; null when none are written. */
  readonly layout: { readonly name: 'per-tenant' | 'packed'; readonly why: string } | null;
}

export const NO_SECRETS: SecretsReport = {
  target: null,
  names: {},
  written: [],
  deleted: [],
  failed: [],
  due: 0,
  seconds: 0,
  layout: null,
};

export interface Told {
  readonly fleet: Fleet;
  readonly mode: Mode;
  readonly workspace: Report['workspace'];
  readonly plan: Plan;
  readonly outcomes?: readonly Outcome[];
  readonly deploymentId?: string | null;
  readonly secrets?: SecretsReport;
  readonly tokenIds?: Report['tokenIds'];
  readonly notes: readonly string[];
  readonly findings?: readonly Finding[];
  readonly proof?: Proof | null;
  readonly stop: Stop | null;
  readonly drift: boolean;
}

/** `redact`: for what datafiles say. */
export function reportOf(told: Told, redact: Redact): Report {
  const { fleet, mode, workspace, plan, stop, notes, drift } = told;
  const outcomes = told.outcomes ?? (mode === 'plan' || mode === 'verify' ? [] : allSkipped(plan, stop));
  const changing = {
    plan,
    tenants: tenantReports(plan, fleet, outcomes),
    project: projectChanges(plan),
  };
  return {
    fleet: fleet.name,
    mode,
    workspace: workspace === null ? null : { id: workspace.id, name: workspace.name },
    ...changing,
    differences: differencesOf(changing, redact),
    outcomes,
    deploymentId: told.deploymentId ?? null,
    secrets: told.secrets ?? NO_SECRETS,
    tokenIds: told.tokenIds ?? {},
    notes,
    findings: told.findings ?? [],
    proof: told.proof ?? null,
    stop: stop === null ? null : { name: stop.stop, message: stop.message, exitCode: stop.exitCode },
    drift,
  };
}

/**
 * The report, fit to be rendered. What a resource says is told, redacted, by the differences alone; of a large fleet it
 * would be most of the work.
 */
export const shownReport = (report: Report, redact: Redact): Report =>
  redactTexts(report, redact, isResource);

const isResource = (part: object): part is Resource =>
  'kind' in part &&
  ((part.kind === 'pipe' && 'nodes' in part) ||
    (part.kind === 'datasource' && 'columns' in part) ||
    (part.kind === 'token' && 'scopes' in part));

/** A run that may change things and was stopped before it did. */
const allSkipped = (plan: Plan, stop: Stop | null): Outcome[] =>
  plan.steps.flatMap(({ changes }) =>
    changes.map(({ key, tenant, action }): Outcome => {
      return { key, tenant, action, result: 'skipped', because: because(stop) };
    }),
  );

export const because = (stop: Stop | null): string =>
  stop === null ? 'the run stopped' : `the run stopped: ${stop.stop}`;

const projectChanges = (plan: Plan): Change[] => changesIn(plan).filter((change) => change.tenant === null);

/** Something went wrong that a reader must see. */
export const hasFailed = (report: Report): boolean =>
  report.stop !== null ||
  report.secrets.failed.length > 0 ||
  report.outcomes.some(({ result }) => result === 'failed');

/** One sentence for whoever looks at the job; null when all went well. */
export function failure(report: Report): string | null {
  if (report.stop !== null) return report.stop.message;
  if (!hasFailed(report)) return null;
  const tenants = report.tenants.flatMap(({ id, failed }) => (failed === null ? [] : [id]));
  const who = [
    ...(tenants.length > 0 ? [sample('tenant', tenants)] : []),
    ...(report.secrets.failed.length > 0
      ? [
          sample(
            'secret',
            report.secrets.failed.map(({ name }) => name),
          ),
        ]
      : []),
  ];
  const what = who.length > 0 ? who.join(' and ') : 'changes to the project';
  return `Failed: ${what}. The summary says why. Run again once the cause is gone: what is done stays done.`;
}

const SHOWN = 10;
const sample = (noun: string, names: readonly string[]): string =>
  `${names.length} ${noun}${names.length === 1 ? '' : 's'} (${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ', …' : ''})`;

export const changeCount = (plan: Plan): number =>
  plan.steps.reduce((sum, step) => sum + step.changes.length, 0);

/** Tenant → role → something of the token. */
export function byTenant(
  tokens: readonly { tenant: string; role: string; name: string; id: string }[],
  value: (token: { name: string; id: string }) => string,
): Record<string, Record<string, string>> {
  // No prototype: a tenant may be called `__proto__`.
  const map: Record<string, Record<string, string>> = Object.create(null);
  for (const token of tokens) {
    const roles: Record<string, string> = map[token.tenant] ?? Object.create(null);
    roles[token.role] = value(token);
    map[token.tenant] = roles;
  }
  return map;
}
