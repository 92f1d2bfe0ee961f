// Which permission of a token each operation needs. Source: "Permissions required for fine-grained personal access tokens" and
// "… for GitHub Apps" in GitHub's documentation.
import type { Bearer, Level, Permission } from './state.ts';

interface Need {
  readonly level: Level;
  /** Any one of these. */
  readonly anyOf: readonly Permission[];
}

const need = (level: Level, ...anyOf: Permission[]): Need => ({ level, anyOf });

/** An operation that is not here needs no more than a valid token. */
const NEEDS: Readonly<Record<string, Need>> = {
  'repos/get-content': need('read', 'contents'),
  'repos/get-commit': need('read', 'contents'),
  'repos/compare-commits-with-basehead': need('read', 'contents'),
  'git/get-ref': need('read', 'contents'),
  'repos/list-pull-requests-associated-with-commit': need('read', 'pull_requests'),
  'issues/list-comments': need('read', 'issues', 'pull_requests'),
  'issues/create-comment': need('write', 'issues', 'pull_requests'),
  'issues/update-comment': need('write', 'issues', 'pull_requests'),
  'repos/get-environment': need('read', 'actions'),
  'actions/list-repo-secrets': need('read', 'secrets'),
  'actions/get-repo-public-key': need('read', 'secrets'),
  'actions/get-repo-secret': need('read', 'secrets'),
  'actions/create-or-update-repo-secret': need('write', 'secrets'),
  'actions/delete-repo-secret': need('write', 'secrets'),
  'actions/list-environment-secrets': need('read', 'environments'),
  'actions/get-environment-public-key': need('read', 'environments'),
  'actions/get-environment-secret': need('read', 'environments'),
  'actions/create-or-update-environment-secret': need('write', 'environments'),
  'actions/delete-environment-secret': need('write', 'environments'),
  'actions/list-repo-variables': need('read', 'variables'),
  'actions/get-repo-variable': need('read', 'variables'),
  'actions/create-repo-variable': need('write', 'variables'),
  'actions/update-repo-variable': need('write', 'variables'),
  'actions/delete-repo-variable': need('write', 'variables'),
};

/** True when the bearer may. Write includes read. */
export function permitted(bearer: Bearer, operationId: string): boolean {
  const wanted = NEEDS[operationId];
  if (wanted === undefined) return true;
  return wanted.anyOf.some((permission) => {
    const held = bearer.permissions[permission];
    return held === 'write' || held === wanted.level;
  });
}

export const isInstallation = (bearer: Bearer): boolean => bearer.login.endsWith('[bot]');

export const refusalText = (bearer: Bearer): string =>
  `Resource not accessible by ${isInstallation(bearer) ? 'integration' : 'personal access token'}`;
