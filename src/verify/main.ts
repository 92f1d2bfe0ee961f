// Entry of the proof: `tinybird-tenants verify`, loaded only when it is asked for, because it brings the sandbox along.
import type { Clock } from '../clock.ts';
import { Stop } from '../errors.ts';
import type { Inputs } from '../inputs.ts';
import { lint } from '../lint/lint.ts';
import type { Generation } from '../model.ts';
import { proofSummary } from '../report/markdown/proof.ts';
import { SUMMARY_LIMIT } from '../report/markdown.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { isProven, type Proof } from './proof.ts';
import { verify } from './verify.ts';
import { terminal } from './words.ts';

// ClickHouse queries run on libuv's pool; its four threads would make every file read wait for them.
process.env.UV_THREADPOOL_SIZE ??= '16';

export interface Command {
  readonly inputs: Inputs;
  /** `forward` when null. */
  readonly generation: string | null;
  readonly exhaustive: boolean;
  readonly json: boolean;
  readonly clock: Clock;
  readonly shippedSets: string;
  readonly say: (line: string) => void;
}

export interface Verdict {
  /** For standard output. */
  readonly text: string;
  /** Markdown, for the summary of a step; empty when there is no proof. */
  readonly summary: string;
  /** Why there is none. Not thrown: the class of an error is another one in each built file. */
  readonly stop: string | null;
  readonly exitCode: 0 | 1 | 2;
}

export async function runVerify(command: Command): Promise<Verdict> {
  try {
    const proof = await prove(command);
    const text = command.json ? `${JSON.stringify(proof, null, 2)}\n` : terminal(proof);
    const room = { limit: SUMMARY_LIMIT, where: 'the output of `--json` has everything' };
    return { text, summary: proofSummary(proof, room), stop: null, exitCode: isProven(proof) ? 0 : 1 };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { text: '', summary: '', stop: error.message, exitCode: error.exitCode };
  }
}

async function prove({ generation, ...command }: Command): Promise<Proof> {
  if (command.inputs.tenants === '-') {
    throw new Stop(
      'bad-input',
      'verify reads the list twice, so it needs a file or a folder, not standard input.',
    );
  }
  const asked = { ...command, generation: generationOf(generation), lint };
  await using sandbox = await startSandbox().catch((cause: unknown) => {
    throw new Stop('failed', cause instanceof Error ? cause.message : String(cause), { cause });
  });
  // Awaited here: the sandbox ends with this function.
  return await verify(asked, { ...command, sandbox });
}

function generationOf(text: string | null): Generation {
  if (text === null || text === 'forward') return 'forward';
  if (text === 'classic') return text;
  throw new Stop('bad-input', `--generation ${JSON.stringify(text)}: forward or classic`);
}
