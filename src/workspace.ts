// Connects to the workspace that the inputs and the list are for.
import type { Inputs } from './inputs.ts';
import type { Fleet } from './model.ts';
import type { Secret } from './secret.ts';
import type { Surroundings } from './surroundings.ts';
import { type Connection, connect } from './tinybird/connect.ts';

/** Throws a Stop for a workspace that does not answer or is another one. */
export const connectFor = (
  inputs: Inputs,
  { clock, env }: Pick<Surroundings, 'clock' | 'env'>,
  { token, fleet }: { readonly token: Secret; readonly fleet: Fleet },
): Promise<Connection> =>
  connect({
    host: inputs['tinybird-host'],
    token,
    tokensToken: inputs['tinybird-tokens-token'],
    // The input wins over the list.
    pin: inputs.workspace ?? fleet.workspace,
    concurrency: inputs.concurrency,
    clock,
    env,
  });
