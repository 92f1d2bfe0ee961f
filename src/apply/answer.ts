// Reading what the server says about a deployment: whom an error is about, and what it would change that we did not plan.
import type { Deployment } from '../plan/calls.ts';
import type { DeploymentNames, FileMessage, TokenChange } from '../tinybird/ports.ts';

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

/** What a deployment would do, in the server's words. */
export interface Said {
  readonly names: DeploymentNames;
  readonly tokenChanges: readonly TokenChange[];
}

export const createdOf = ({ newDatasources, newPipes }: DeploymentNames): string[] => [
  ...newDatasources,
  ...newPipes,
];
export const changedOf = ({ changedDatasources, changedPipes }: DeploymentNames): string[] => [
  ...changedDatasources,
  ...changedPipes,
];
export const deletedOf = ({ deletedDatasources, deletedPipes }: DeploymentNames): string[] => [
  ...deletedDatasources,
  ...deletedPipes,
];

/** Names of ours that would change although nothing of them is planned: somebody has changed them under our marker. */
export function driftIn({ names, tokenChanges }: Said, { expected, settled }: Deployment): string[] {
  const relined = tokenChanges
    .filter(({ name }) => !expected.tokens.has(name))
    .flatMap(({ added, removed }) => [...added, ...removed].map(({ resource }) => resource));
  const listed = changedOf(names).filter((name) => !expected.changed.has(name));
  return [...new Set([...listed, ...relined])].filter((name) => settled.has(name)).sort();
}

/** Why the server's lists are not the approved ones, or null. Deletions must be exactly the approved ones. */
export function unexpected({ names, tokenChanges }: Said, { expected, step }: Deployment): string | null {
  const tokens = tokenChanges.map(({ name }) => name);
  const lines = [
    ...beyond('create', createdOf(names), expected.created),
    ...beyond('change', changedOf(names), expected.changed),
    ...beyond('delete', deletedOf(names), expected.deleted),
    ...beyond('delete', names.deletedConnections, new Set()),
    ...beyond('change what is opened by the token', tokens, expected.tokens),
  ];
  if (step === 'remove') {
    const kept = [...expected.deleted.difference(new Set(deletedOf(names)))];
    if (kept.length > 0) lines.push(`not delete ${kept.sort().join(', ')}, which the plan removes`);
  }
  if (lines.length === 0) return null;
  return `The server was asked to check the deployment and would do what the plan does not say: ${lines.join('; ')}. It was not deployed. Somebody may have changed the workspace meanwhile: run again; if it stays, add what is named here to the folder given by \`project\`.`;
}

function beyond(verb: string, names: readonly string[], expected: ReadonlySet<string>): string[] {
  const extra = [...new Set(names).difference(expected)];
  return extra.length === 0 ? [] : [`${verb} ${extra.sort().join(', ')}`];
}
