// Which tables a direct write goes to: with two deployments standing, to both, so that either can be live.
import type { Column, Datasource } from '../datafile/types.ts';
import { type Deployment, liveOf, otherOf, type Workspace } from './workspace.ts';

export interface Receiver {
  readonly table: string;
  /** The schema that the rows are read with. */
  readonly datasource: Datasource;
}

/** To be asked inside `workspace.writes.write`: a deployment's cut changes the answer. */
export function receiversOf(workspace: Workspace, deployment: Deployment, name: string): Receiver[] {
  const live = liveOf(workspace);
  const other = otherOf(workspace);
  const standing = deployment !== live ? [deployment] : other?.receiving ? [live, other] : [live];
  const receivers = new Map<string, Receiver>();
  for (const { catalog } of standing) {
    const stored = catalog.datasources.get(name);
    if (stored === undefined) continue;
    const seen = receivers.get(stored.table);
    const datasource = seen === undefined ? stored.file : both(seen.datasource, stored.file);
    receivers.set(stored.table, { table: stored.table, datasource });
  }
  return [...receivers.values()];
}

/** Two schemas on one table: rows are read with the columns of both, those of the second never missed. */
function both(first: Datasource, second: Datasource): Datasource {
  if (first === second) return first;
  const extra = second.columns
    .filter(({ name }) => !first.columns.some((column) => column.name === name))
    .map(
      (column): Column => ({
        ...column,
        default: column.default ?? `defaultValueOfTypeName('${column.type.replaceAll("'", "\\'")}')`,
      }),
    );
  return extra.length === 0 ? first : { ...first, columns: [...first.columns, ...extra] };
}
