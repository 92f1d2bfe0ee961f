// Secrets of the repository or of one environment: list, write sealed, delete. Each target has its own public key.
import type { Secret } from '../secret.ts';
import type { Asked, Client } from './client.ts';
import type { Answer, Failure } from './failure.ts';

export type Target =
  | { readonly kind: 'repository' }
  | { readonly kind: 'environment'; readonly environment: string };

/** GitHub's limits: https://docs.github.com/en/actions/reference/security/secrets#limits-for-secrets */
export const MOST_SECRETS = 100;
export const MOST_BYTES = 48 * 1024;

/** As the input `secrets` and the ledger write it. */
export const targetName = (target: Target): string =>
  target.kind === 'repository' ? 'repository' : `environment:${target.environment}`;

/** Why a target cannot take this many more secrets, or null. */
export function roomFor(
  target: Target,
  { existing, more }: { existing: number; more: number },
): string | null {
  if (existing + more <= MOST_SECRETS) return null;
  return `${targetName(target)} holds ${existing} secrets and ${more} more are wanted, which makes ${existing + more}; GitHub allows ${MOST_SECRETS}`;
}

/** Names in upper case, of all secrets, ours or not. */
export async function listSecretNames(client: Client, target: Target): Promise<Answer<readonly string[]>> {
  const { owner, repo } = client;
  const asked = { what: `list the secrets of ${said(target)}`, permission: permissionOf(target, 'read') };
  const answer = await client.ask(asked, (octokit) => {
    const { actions } = octokit.rest;
    return target.kind === 'repository'
      ? octokit.paginate(actions.listRepoSecrets, { owner, repo, per_page: 100 })
      : octokit.paginate(actions.listEnvironmentSecrets, {
          owner,
          repo,
          environment_name: target.environment,
          per_page: 100,
        });
  });
  if (!answer.ok) return missingEnvironment(answer, { target, asked });
  return { ok: true, value: answer.value.map(({ name }) => name.toUpperCase()) };
}

export interface PublicKey {
  readonly keyId: string;
  /** Base64. */
  readonly key: string;
}

export async function publicKeyOf(client: Client, target: Target): Promise<Answer<PublicKey>> {
  const { owner, repo } = client;
  const asked = { what: `read the public key of ${said(target)}`, permission: permissionOf(target, 'read') };
  const answer = await client.ask(asked, async ({ rest: { actions } }) => {
    const { data } =
      target.kind === 'repository'
        ? await actions.getRepoPublicKey({ owner, repo })
        : await actions.getEnvironmentPublicKey({ owner, repo, environment_name: target.environment });
    return { keyId: data.key_id, key: data.key };
  });
  return answer.ok ? answer : missingEnvironment(answer, { target, asked });
}

export interface SecretWrite {
  readonly target: Target;
  readonly name: string;
  readonly value: Secret;
  readonly publicKey: PublicKey;
}

/** Creates or replaces. */
export async function writeSecret(client: Client, write: SecretWrite): Promise<Answer<null>> {
  const { target, name, value, publicKey } = write;
  const what = `write the secret ${name}`;
  const bytes = Buffer.byteLength(value.reveal());
  if (bytes > MOST_BYTES) return tooLarge(what, bytes);
  const { owner, repo } = client;
  // Only who writes a secret loads the cipher.
  const { seal } = await import('./seal.ts');
  const sealed = {
    owner,
    repo,
    secret_name: name,
    encrypted_value: seal(value, publicKey.key),
    key_id: publicKey.keyId,
  };
  return client.ask({ what, permission: permissionOf(target, 'write') }, async ({ rest: { actions } }) => {
    if (target.kind === 'repository') await actions.createOrUpdateRepoSecret(sealed);
    else await actions.createOrUpdateEnvironmentSecret({ ...sealed, environment_name: target.environment });
    return null;
  });
}

/** Gone already counts as deleted. */
export async function deleteSecret(client: Client, target: Target, name: string): Promise<Answer<null>> {
  const { owner, repo } = client;
  const asked = { what: `delete the secret ${name}`, permission: permissionOf(target, 'write') };
  const answer = await client.ask(asked, async ({ rest: { actions } }) => {
    if (target.kind === 'repository') await actions.deleteRepoSecret({ owner, repo, secret_name: name });
    else {
      const environment_name = target.environment;
      await actions.deleteEnvironmentSecret({ owner, repo, environment_name, secret_name: name });
    }
    return null;
  });
  return !answer.ok && answer.failure.status === 404 ? { ok: true, value: null } : answer;
}

const said = (target: Target): string =>
  target.kind === 'repository' ? 'the repository' : `the environment ${JSON.stringify(target.environment)}`;

const permissionOf = (target: Target, level: 'read' | 'write'): string =>
  `${target.kind === 'repository' ? 'Secrets' : 'Environments'}: ${level}`;

type Refused = Extract<Answer<never>, { ok: false }>;

/** A 404 on an environment mostly means that nobody has made it; GitHub does not make it for us. */
function missingEnvironment(
  { failure }: Refused,
  { target, asked }: { target: Target; asked: Asked },
): Refused {
  if (target.kind === 'repository' || failure.status !== 404) return { ok: false, failure };
  const hint = `create it in the repository's settings, or give the token \`${asked.permission}\``;
  return {
    ok: false,
    failure: { ...failure, sentence: `could not ${asked.what}: it does not exist; ${hint} (404)` },
  };
}

function tooLarge(what: string, bytes: number): Refused {
  const message = `its value has ${bytes} bytes, GitHub takes ${MOST_BYTES}`;
  const failure: Failure = { status: 0, said: message, sentence: `could not ${what}: ${message}` };
  return { ok: false, failure };
}
