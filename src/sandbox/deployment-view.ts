// A deployment as /v1/deploy and /v1/deployments tell it.
import { NO_CHANGES } from './changes.ts';
import type { Deployment, Workspace } from './workspace.ts';

/** The short form of the list; the long form adds what it changes. */
export function summariseDeployment(workspace: Workspace, deployment: Deployment): Record<string, unknown> {
  const { id, status, createdAt, updatedAt, feedback } = deployment;
  return {
    id,
    status,
    live: workspace.liveId === id,
    created_at: createdAt,
    updated_at: updatedAt,
    feedback,
    errors: feedback
      .filter(({ level }) => level === 'ERROR')
      .map(({ resource, message }) => ({ filename: resource?.split(' ').at(-1) ?? null, error: message })),
  };
}

export function describeDeployment(workspace: Workspace, deployment: Deployment): Record<string, unknown> {
  return {
    ...summariseDeployment(workspace, deployment),
    ...NO_CHANGES,
    ...deployment.changes,
    new_data_connector_names: [],
    changed_data_connector_names: [],
    deleted_data_connector_names: [],
    disconnected_data_source_names: [],
    data_movements: deployment.movements,
  };
}
