// `tinybird-tenants sandbox`: the server in the foreground, until SIGINT or SIGTERM.
import { parseArgs } from 'node:util';
import type { Generation } from '../model.ts';
import { startSandbox } from './sandbox.ts';

const HELP = `tinybird-tenants sandbox [--port 7181] [--generation forward|classic] [--data DIR]

  An embedded Tinybird workspace on ClickHouse. It is ready once GET /tokens answers.

  --port PORT          where to listen on 127.0.0.1 (default 7181; 0 takes a free one)
  --data DIR           keep tables, deployments and tokens there; without it everything is gone at the end
  --generation NAME    forward (default) or classic; a workspace kept in DIR stays what it is

Example:
  tinybird-tenants sandbox --port 7181 --data .sandbox
`;

/** Gives the exit code: 0 after a signal or --help, 2 for arguments it does not know, 1 when it cannot start. */
export async function runSandboxCommand(argv: readonly string[]): Promise<number> {
  const args = readArguments(argv);
  if ('problem' in args) {
    process.stderr.write(`${args.problem}\n\n${HELP}`);
    return 2;
  }
  if (args.help) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    await serve(args);
    return 0;
  } catch (error) {
    // Such as a port that is taken, or no ClickHouse.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function serve({ port, generation, dataDir }: Arguments): Promise<void> {
  await using sandbox = await startSandbox({
    port,
    generation,
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  process.stdout.write(
    `Sandbox workspace "${sandbox.workspace.name}" on ${sandbox.url}\n` +
      `Tokens: curl ${sandbox.url}/tokens\n` +
      `Stop it with Ctrl+C.\n`,
  );
  await signalled();
}

interface Arguments {
  readonly help: boolean;
  readonly port: number;
  readonly generation: Generation;
  readonly dataDir: string | undefined;
}

function readArguments(argv: readonly string[]): Arguments | { readonly problem: string } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', default: '7181' },
        data: { type: 'string' },
        generation: { type: 'string', default: 'forward' },
        help: { type: 'boolean', default: false },
      },
    });
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65535) return { problem: `--port ${values.port} is not a port` };
    const { generation } = values;
    if (generation !== 'forward' && generation !== 'classic')
      return { problem: `--generation ${generation}: forward or classic` };
    return { help: values.help, port, generation, dataDir: values.data };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
