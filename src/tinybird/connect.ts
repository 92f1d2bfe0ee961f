// Opens the workspace that a token belongs to, and makes sure that it is the one that was meant.
import type { Clock } from '../clock.ts';
import { Stop } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { createDispatcher } from './dispatcher.ts';
import { createReader, createWriter } from './forward.ts';
import { createClient } from './http.ts';
import type { Reader, Workspace, Writer } from './ports.ts';
import { claimsOf } from './token-claims.ts';

export interface Connection extends AsyncDisposable {
  readonly workspace: Workspace;
  readonly reader: Reader;
  readonly writer: Writer;
}

export interface ConnectOptions {
  readonly host: string;
  readonly token: Secret;
  /** Reads and mints tokens, when `token` may not. */
  readonly tokensToken: Secret | null;
  /** Id or name; null for any. */
  readonly pin: string | null;
  /** Requests at a time. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function connect(options: ConnectOptions): Promise<Connection> {
  const { host, token, tokensToken, concurrency, clock } = options;
  const dispatcher = createDispatcher(options.env);
  try {
    const client = createClient({ host, token, dispatcher, concurrency, clock });
    const tokens = tokensToken === null ? client : client.as(tokensToken);
    const reader = createReader(client, tokens);
    const workspace = await reader.workspace();
    refuseOther(workspace, options.pin);
    refuseForeignTokens(workspace, tokensToken);
    const writer = createWriter(client, tokens);
    return { workspace, reader, writer, [Symbol.asyncDispose]: () => dispatcher.close() };
  } catch (error) {
    await dispatcher.close();
    throw error;
  }
}

/** Tokens minted by another workspace would open the other one's resources of the same names. */
function refuseForeignTokens({ id, name }: Workspace, tokensToken: Secret | null): void {
  const other = tokensToken === null ? null : claimsOf(tokensToken);
  if (other === null || other.workspace === id) return;
  throw new Stop(
    'wrong-workspace',
    `\`tinybird-token\` belongs to the workspace ${JSON.stringify(name)} (${id}), but \`tinybird-tokens-token\` to another one (${other.workspace}). Nothing was sent. Use two tokens of one workspace.`,
  );
}

function refuseOther(workspace: Workspace, pin: string | null): void {
  if (pin !== null && pin !== workspace.id && pin !== workspace.name) {
    throw new Stop(
      'wrong-workspace',
      `The list is for the workspace ${JSON.stringify(pin)}, but the token belongs to ${JSON.stringify(workspace.name)} (${workspace.id}). Nothing was sent. Use a token of ${pin}, or correct \`workspace\`.`,
    );
  }
  if (workspace.generation === 'classic') {
    throw new Stop(
      'not-yet',
      `${JSON.stringify(workspace.name)} is a Tinybird Classic workspace, which this version does not support yet. Nothing was sent.`,
    );
  }
}
