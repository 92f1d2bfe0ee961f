// What stands at the lines of the list on GitHub: errors where a tenant failed or a line is wrong, warnings where data goes.

import { isAbsolute } from 'node:path';
import type { Problem } from '../errors.ts';
import { nameOf } from '../model.ts';
import { plural } from '../numbers.ts';
import { certainFirst, reasonOf } from './findings.ts';
import type { Report } from './report.ts';
import { excess, hazardWords, inventory, sentence } from './words.ts';

export interface Annotation {
  readonly level: 'error' | 'warning';
  readonly message: string;
  /** Null: it belongs to the run as a whole. */
  readonly at: { readonly file: string; readonly line?: number; readonly column?: number } | null;
}

/** GitHub shows ten a type and step; one of the errors is the sentence with which the run fails. */
const MOST = { error: 9, warning: 10 } as const;
/** GitHub cuts longer messages off, at 4,096. */
const LONGEST = 1_000;

/** Problems that stand on lines. */
export const annotationsOfProblems = (problems: readonly Problem[]): Annotation[] =>
  limited(
    problems.flatMap(({ file, line, column, message }) =>
      line === undefined
        ? []
        : [
            {
              level: 'error' as const,
              message,
              at: { file, line, ...(column === undefined ? {} : { column }) },
            },
          ],
    ),
  );

export function annotationsOf(report: Report): Annotation[] {
  const { tenants, plan, stop, mode } = report;
  const places = new Map(tenants.map(({ id, at }) => [id, at]));
  const at = (tenant: string | null) => (tenant === null ? null : (places.get(tenant) ?? null));
  const found: Annotation[] = [];
  for (const { key, tenant, why } of plan.conflicts) {
    found.push({ level: 'error', message: `${nameOf(key)}: ${why}`, at: at(tenant) });
  }
  for (const tenant of tenants) {
    const { id, failed, skipped } = tenant;
    if (failed !== null)
      found.push({ level: 'error', message: `tenant ${id} failed: ${failed}`, at: tenant.at });
    if (failed !== null || skipped !== null || stop !== null) continue;
    const risk = riskOf(tenant);
    if (risk !== null)
      found.push({
        level: 'warning',
        message: `tenant ${id} ${mode === 'plan' ? 'would be' : 'is'} ${risk}`,
        at: tenant.at,
      });
  }
  found.push(...findingsAt(report));
  return limited(found);
}

/** At the lines of templates and project. The sets that come with the action are in no repository. */
const findingsAt = ({ findings }: Report): Annotation[] =>
  certainFirst(findings).map((finding) => {
    const { file, line, column } = finding;
    const message = reasonOf(finding);
    return { level: 'warning', message, at: isAbsolute(file) ? null : { file, line, column } };
  });

/** What whoever looks at the line of the tenant must know; null for what is harmless. */
function riskOf({ fate, changes }: Report['tenants'][number]): string | null {
  if (fate === 'removed') return `removed: ${inventory(changes)}`;
  const losing = changes.filter(({ hazards }) => hazards.includes('loses-data'));
  if (losing.length > 0)
    return `changed: ${losing.map(sentence).join('; ')} (${hazardWords(losing).join(', ')})`;
  const wide = changes.filter((change) => change.drift || excess(change) !== null);
  return wide.length === 0
    ? null
    : `brought back, somebody changed it in the workspace: ${wide.map(sentence).join('; ')}`;
}

/** Without those that GitHub would not show; the last one says how many they are. */
function limited(all: readonly Annotation[]): Annotation[] {
  return (['error', 'warning'] as const).flatMap((level) => {
    const own = all.filter((one) => one.level === level).map(short);
    if (own.length <= MOST[level]) return own;
    const shown = own.slice(0, MOST[level] - 1);
    const left = own.length - shown.length;
    return [
      ...shown,
      { level, message: `${plural(left, `more ${level}`)}: the log and the summary have them all`, at: null },
    ];
  });
}

const short = (one: Annotation): Annotation =>
  one.message.length <= LONGEST ? one : { ...one, message: `${one.message.slice(0, LONGEST)}…` };
