// Opens the workspace that a token belongs to, and makes sure that it is the one that was meant.
import type { Clock } from '../clock.ts';
import { Stop } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { type Ask, createAsk } from './asking.ts';
import { createDispatcher } from './dispatcher.ts';
import { isLocal } from './host.ts';
import { createClient } from './http.ts';
import type { Reader, Workspace, Writer } from './ports.ts';
import { claimsOf } from './token-claims.ts';
import { readWorkspace } from './workspace.ts';

export interface Connection extends AsyncDisposable {
  readonly workspace: Workspace;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly ask: Ask;
  /** Requests at a time. */
  readonly concurrency: number;
  /** Milliseconds until a row that was ingested is surely in its table. */
  readonly settle: number;
}

// The ingestion of the service collects rows for some seconds; a server on this machine writes before it answers.
const SETTLE_MS = 10_000;
const LOCAL_SETTLE_MS = 250;

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
    const workspace = await readWorkspace(client);
    refuseOther(workspace, options.pin);
    refuseForeignTokens(workspace, tokensToken);
    const { portsOf } = await import('./generations.ts');
    return {
      workspace,
      concurrency,
      settle: isLocal(host) ? LOCAL_SETTLE_MS : SETTLE_MS,
      ask: createAsk(client),
      ...portsOf(workspace, client, tokens),
      [Symbol.asyncDispose]: () => dispatcher.close(),
    };
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
}
