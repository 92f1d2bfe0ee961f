// Reading what the server says about a deployment: whom an error is about, and what it would change that we did not plan.
import type { Deployment } from '../plan/calls.ts';
import type { DeploymentNames, FileMessage } from '../tinybird/ports.ts';

/** Errors by the tenant whose change they are about; `rest` reads what is nobody's. */
export function blame(
  deployment: Deployment,
  errors: readonly FileMessage[],
): { tenants: ReadonlyMap<string, string>; rest: string } {
  const owners = new Map<string, string>();
  for (const change of deployment.changes) {
    if (change.tenant !== null && change.action !== 'delete') owners.set(fileOf(change.key), change.tenant);
  }
  const tenants = new Map<string, string>();
  const rest: string[] = [];
  for (const { file, message } of errors) {
    const text = file === null ? message : `${file}: ${message}`;
    const tenant = owners.get(file ?? '');
    if (tenant === undefined) rest.push(text);
    else if (!tenants.has(tenant)) tenants.set(tenant, text);
  }
  return { tenants, rest: rest.join('; ') };
}

/** `pipe/acme_usage` as the server names its file. */
const fileOf = (key: string): string => {
  const slash = key.indexOf('/');
  return `${key.slice(slash + 1)}.${key.slice(0, slash)}`;
};

/** Why the server's lists are not the approved ones, or null. Deletions must be exactly the approved ones. */
export function unexpected(names: DeploymentNames, { expected, step }: Deployment): string | null {
  const lines = [
    ...beyond('create', [...names.newDatasources, ...names.newPipes], expected.created),
    ...beyond('change', [...names.changedDatasources, ...names.changedPipes], expected.changed),
    ...beyond('delete', [...names.deletedDatasources, ...names.deletedPipes], expected.deleted),
    ...beyond('delete', names.deletedConnections, new Set()),
  ];
  if (step === 'remove') {
    const listed = new Set([...names.deletedDatasources, ...names.deletedPipes]);
    const kept = [...expected.deleted.difference(listed)];
    if (kept.length > 0) lines.push(`not delete ${kept.sort().join(', ')}, which the plan removes`);
  }
  if (lines.length === 0) return null;
  return `The server was asked to check the deployment and would do what the plan does not say: ${lines.join('; ')}. It was not deployed. Somebody may have changed the workspace meanwhile: run again; if it stays, add what is named here to the folder given by \`project\`.`;
}

function beyond(verb: string, names: readonly string[], expected: ReadonlySet<string>): string[] {
  const extra = [...new Set(names).difference(expected)];
  return extra.length === 0 ? [] : [`${verb} ${extra.sort().join(', ')}`];
}
