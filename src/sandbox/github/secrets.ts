// Routes for secrets and variables of the repository and of its environments. Secrets arrive in real sealed boxes and are opened at once.
import sodium from 'libsodium-wrappers';
import * as z from 'zod';
import { type Call, invalid, json, notFound, nothing, page, type Route, refusal } from './answer.ts';
import { environment, secret, variable } from './shapes.ts';
import { store, type Vault } from './state.ts';

const NAME = /^(?!GITHUB_)[A-Z_][A-Z0-9_]*$/;
/** https://docs.github.com/en/actions/reference/security/secrets and …/variables: "up to 48 KB in size". */
const MOST_BYTES = 48 * 1024;

type VaultRoute = (call: Call, vault: Vault) => ReturnType<Route>;

/** Names are case-insensitive and stored in upper case. */
const nameOf = (call: Call): string => (call.params.secret_name ?? call.params.name ?? '').toUpperCase();

const inRepository =
  (route: VaultRoute): Route =>
  (call) =>
    route(call, call.state.repository);

const inEnvironment =
  (route: VaultRoute): Route =>
  (call) => {
    const vault = call.state.environments.get(call.params.environment_name ?? '');
    return vault === undefined ? notFound() : route(call, vault);
  };

const publicKey: VaultRoute = (_, vault) =>
  json({
    key_id: vault.keyId,
    key: sodium.to_base64(vault.publicKey, sodium.base64_variants.ORIGINAL),
  });

const listSecrets: VaultRoute = (call, vault) => {
  const { items, headers } = page(
    call,
    [...vault.secrets].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const body = { total_count: vault.secrets.size, secrets: items.map(([name, each]) => secret(name, each)) };
  return { ...json(body), headers };
};

const getSecret: VaultRoute = (call, vault) => {
  const stored = vault.secrets.get(nameOf(call));
  return stored === undefined ? notFound() : json(secret(nameOf(call), stored));
};

const Sealed = z.object({ encrypted_value: z.string(), key_id: z.string() });

const putSecret: VaultRoute = (call, vault) => {
  const name = nameOf(call);
  const body = Sealed.parse(call.body);
  if (!NAME.test(name)) return invalid('name', 'Secret names can only contain alphanumeric characters');
  if (body.key_id !== vault.keyId) return invalid('key_id', 'Key ID is not valid');
  const value = open(body.encrypted_value, vault);
  if (value === null) return invalid('encrypted_value', 'not a sealed box for this public key');
  if (value.length > MOST_BYTES) return invalid('encrypted_value', 'Secret value is larger than 48 KB');
  const known = vault.secrets.has(name);
  const at = call.state.now().toISOString();
  store(vault.secrets, name, { value: Buffer.from(value).toString('utf8'), at });
  return known ? nothing() : json({}, 201);
};

function open(encrypted: string, vault: Vault): Uint8Array | null {
  try {
    const box = sodium.from_base64(encrypted, sodium.base64_variants.ORIGINAL);
    return sodium.crypto_box_seal_open(box, vault.publicKey, vault.privateKey);
  } catch {
    return null;
  }
}

const deleteSecret: VaultRoute = (call, vault) =>
  vault.secrets.delete(nameOf(call)) ? nothing() : notFound();

const listVariables: VaultRoute = (call, vault) => {
  const { items, headers } = page(call, [...vault.variables], 10);
  const variables = items.map(([name, each]) => variable(name, each));
  return { ...json({ total_count: vault.variables.size, variables }), headers };
};

const getVariable: VaultRoute = (call, vault) => {
  const stored = vault.variables.get(nameOf(call));
  return stored === undefined ? notFound() : json(variable(nameOf(call), stored));
};

const NewVariable = z.object({ name: z.string(), value: z.string() });
const ChangedVariable = NewVariable.partial();

const createVariable: VaultRoute = (call, vault) => {
  const body = NewVariable.parse(call.body);
  const name = body.name.toUpperCase();
  if (vault.variables.has(name)) return refusal(409, 'Already exists - Variable already exists');
  return putVariable(call, { vault, name, value: body.value }) ?? json({}, 201);
};

const updateVariable: VaultRoute = (call, vault) => {
  const name = nameOf(call);
  const stored = vault.variables.get(name);
  if (stored === undefined) return notFound();
  const { value } = ChangedVariable.parse(call.body);
  return putVariable(call, { vault, name, value: value ?? stored.value }) ?? nothing();
};

function putVariable(
  call: Call,
  { vault, name, value }: { readonly vault: Vault; readonly name: string; readonly value: string },
) {
  if (!NAME.test(name)) return invalid('name', 'Variable names can only contain alphanumeric characters');
  if (Buffer.byteLength(value) > MOST_BYTES) return invalid('value', 'Variable value is larger than 48 KB');
  store(vault.variables, name, { value, at: call.state.now().toISOString() });
  return null;
}

const deleteVariable: VaultRoute = (call, vault) =>
  vault.variables.delete(nameOf(call)) ? nothing() : notFound();

const getEnvironment: Route = (call) => {
  const name = call.params.environment_name ?? '';
  return call.state.environments.has(name) ? json(environment(call, name)) : notFound();
};

export const secretRoutes: Readonly<Record<string, Route>> = {
  'repos/get-environment': getEnvironment,
  'actions/get-repo-public-key': inRepository(publicKey),
  'actions/list-repo-secrets': inRepository(listSecrets),
  'actions/get-repo-secret': inRepository(getSecret),
  'actions/create-or-update-repo-secret': inRepository(putSecret),
  'actions/delete-repo-secret': inRepository(deleteSecret),
  'actions/get-environment-public-key': inEnvironment(publicKey),
  'actions/list-environment-secrets': inEnvironment(listSecrets),
  'actions/get-environment-secret': inEnvironment(getSecret),
  'actions/create-or-update-environment-secret': inEnvironment(putSecret),
  'actions/delete-environment-secret': inEnvironment(deleteSecret),
  'actions/list-repo-variables': inRepository(listVariables),
  'actions/get-repo-variable': inRepository(getVariable),
  'actions/create-repo-variable': inRepository(createVariable),
  'actions/update-repo-variable': inRepository(updateVariable),
  'actions/delete-repo-variable': inRepository(deleteVariable),
};
