// The stage of the failures with a gate before both servers, for laws about what stands after any single request.
import type { ActOptions, Ended, Stage, StageOptions } from '../failures/stage.ts';
import { setStage } from '../failures/stage.ts';
import { type Gate, openGate, type Passing, type Watch } from './gate.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';

export interface LawStage extends AsyncDisposable {
  readonly stage: Stage;
  /** Through the gate, one request at a time. */
  run(list: string, options?: ActOptions & { readonly watch?: Watch }): Promise<Ran>;
  snapshot(): Promise<Snapshot>;
  /** A new, empty workspace, and a GitHub that has forgotten everything. */
  anew(): Promise<void>;
}

export interface Ran {
  readonly end: Ended;
  readonly passed: readonly Passing[];
}

export async function setLawStage({ generation = 'forward' }: StageOptions = {}): Promise<LawStage> {
  const stage = await setStage({ generation });
  const gate: Gate = await openGate({ tinybird: stage.sandbox.url, github: stage.github.url });
  let { adminToken } = stage.sandbox;
  let workspaces = 0;
  return {
    stage,
    run: async (list, { watch = {}, inputs, ...options } = {}) => {
      gate.watch(watch);
      const end = await stage.act({
        list,
        apiUrl: gate.github,
        inputs: {
          'tinybird-host': gate.tinybird,
          'tinybird-token': adminToken,
          // What a killed run has left is never worth waiting for.
          'deploy-timeout': '30s',
          ...inputs,
        },
        ...options,
      });
      return { end, passed: [...gate.passed] };
    },
    snapshot: () =>
      snapshotOf({ url: stage.sandbox.url, adminToken, github: stage.github, fleet: 'usage', generation }),
    anew: async () => {
      stage.github.reset();
      workspaces += 1;
      ({ adminToken } = await stage.sandbox.createWorkspace(`usage_${workspaces}`, generation));
    },
    [Symbol.asyncDispose]: async () => {
      await gate[Symbol.asyncDispose]();
      await stage[Symbol.asyncDispose]();
    },
  };
}
