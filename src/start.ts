// How a run begins: what it may do, what the repository says, which workspace answers. Nothing is loaded before the first
// request that is not needed for it: the rest of the run is read from disk while the request is on its way.
import { Stop } from './errors.ts';
import type { Context } from './github/context.ts';
import { mode } from './github/mode.ts';
import type { Inputs } from './inputs.ts';
import type { Fleet } from './model.ts';
import { onlyTenants, readSources } from './read-sources.ts';
import type { Mode, Report } from './report/report.ts';
import type { Sources } from './sources.ts';
import type { Surroundings } from './surroundings.ts';
import type { Connection } from './tinybird/connect.ts';
import { underWay } from './tinybird/under-way.ts';
import { connectFor } from './workspace.ts';

export interface Started {
  readonly does: Mode;
  readonly sources: Sources;
  /** The tenants that the run is limited to; null for all. */
  readonly only: ReadonlySet<string> | null;
  readonly connection: Connection;
}

/** Throws a Stop for what keeps it from making a plan. The list, the sets and the project are valid before anything is sent. */
export async function startRun(inputs: Inputs, at: Surroundings): Promise<Report> {
  const does = decide(inputs, at);
  const sources = await readSources(inputs, at.shippedSets);
  const only = limitOf(inputs, at.context, sources);
  const token = inputs['tinybird-token'];
  if (token === null) {
    const { compareWithBase } = await import('./run.ts');
    return compareWithBase({ inputs, at, sources, only, does });
  }
  const sent = underWay();
  const connecting = connectFor(inputs, at, { token, fleet: sources.fleet });
  // Not before: loading holds up everything else, the handshake too.
  const loading = Promise.race([sent, connecting]).then(() => import('./run.ts'));
  // Met below, unless the workspace refuses first.
  loading.catch(() => {});
  await using connection = await connecting;
  const { run } = await loading;
  return await run(inputs, at, { does, sources, only, connection });
}

function decide(inputs: Inputs, { context, say }: Surroundings): Mode {
  const { command } = inputs;
  if (context === null) return command === 'auto' ? 'plan' : command;
  const decided = mode(context, command);
  switch (decided.mode) {
    case 'plan':
    case 'apply':
    case 'renew':
    case 'rotate':
    case 'verify':
      say(`This run ${DOES[decided.mode]}: ${decided.reason}`);
      return decided.mode;
    case 'refused':
      throw new Stop('bad-input', `${decided.reason}. Nothing was sent.`);
  }
}

const DOES = {
  plan: 'only plans',
  apply: 'applies',
  renew: 'only renews and retires tokens',
  rotate: 'rotates tokens',
  verify: 'verifies isolation on what is live',
} as const;

/** A sign-up system names tenants; the list says what they are. */
function limitOf({ tenant }: Inputs, context: Context | null, { fleet }: { readonly fleet: Fleet }) {
  if (tenant !== null || context?.event !== 'repository_dispatch') return onlyTenants(tenant, fleet);
  return onlyTenants(context.tenants, fleet, 'event client_payload.tenant');
}
