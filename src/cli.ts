// The edge to a terminal: flags in; the same report as the action's, as text or JSON, and the exit code out.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from './clock.ts';
import { Stop, unwrap } from './errors.ts';
import { readContext } from './github/context.ts';
import { help } from './help.ts';
import { INPUTS, type InputName, type Inputs, parseInputs } from './inputs.ts';
import { createRedactor, forLog, type Redact } from './redact.ts';
import { writeProject } from './render.ts';
import { jsonOf } from './report/json.ts';
import { changeCount, hasFailed } from './report/report.ts';
import { terminal } from './report/terminal.ts';
import { plural } from './report/words.ts';
import { run } from './run.ts';
import { Secret } from './secret.ts';
import { readSources } from './sources.ts';

const SHIPPED_SETS = join(import.meta.dirname, '..', 'datafiles-templates');
const LATER = ['rotate', 'verify', 'lint', 'token'];

/** Where a flag's value comes from when the flag is not given: secrets do not belong on a command line. */
const ENVIRONMENT: Partial<Record<InputName, string>> = {
  'tinybird-token': 'TINYBIRD_TOKEN',
  'tinybird-host': 'TINYBIRD_HOST',
  'tinybird-tokens-token': 'TINYBIRD_TOKENS_TOKEN',
  'github-token': 'GITHUB_TOKEN',
  'secrets-token': 'SECRETS_TOKEN',
};

interface Flags {
  readonly command: string;
  readonly raw: (name: InputName) => string;
  readonly json: boolean;
  readonly exitCode: boolean;
  readonly out: string | null;
  readonly help: boolean;
}

async function cli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  // The sandbox has flags of its own, and loads an engine that nothing else needs.
  if (argv[0] === 'sandbox' && !argv.includes('--help')) return sandbox(argv.slice(1));
  let redact: Redact = createRedactor([]);
  try {
    const flags = readFlags(argv, env);
    if (flags.help) {
      process.stdout.write(help());
      return 0;
    }
    redact = createRedactor(secretsOf(flags.raw));
    const inputs = unwrap(parseInputs(flags.raw));
    return flags.command === 'render'
      ? await render(inputs, flags)
      : await planOrApply(inputs, flags, { env, redact });
  } catch (error) {
    const text = error instanceof Stop ? error.message : String(error instanceof Error ? error.stack : error);
    process.stderr.write(`${forLog(redact(text))}\n`);
    return error instanceof Stop ? error.exitCode : 1;
  }
}

function readFlags(argv: readonly string[], env: NodeJS.ProcessEnv): Flags {
  const options = Object.fromEntries(
    Object.entries(INPUTS).map(([name, input]) => {
      const isFlag = input.default === 'true' || input.default === 'false';
      return [name, { type: isFlag ? ('boolean' as const) : ('string' as const) }];
    }),
  );
  const own = {
    json: { type: 'boolean' },
    'exit-code': { type: 'boolean' },
    out: { type: 'string' },
    help: { type: 'boolean' },
  } as const;
  const { values, positionals } = parse(argv, { ...options, ...own });
  const [command = '', ...rest] = positionals;
  const wantsHelp = values.help === true || command === '' || command === 'help';
  if (!wantsHelp) refuseCommand(command, rest);
  return {
    command,
    raw: (name) => {
      if (name === 'command') return command === 'render' ? 'plan' : command;
      const given = values[name];
      return given === undefined ? (env[ENVIRONMENT[name] ?? ''] ?? '') : String(given);
    },
    json: values.json === true,
    exitCode: values['exit-code'] === true,
    out: typeof values.out === 'string' ? values.out : null,
    help: wantsHelp,
  };
}

type Options = Readonly<Record<string, { readonly type: 'boolean' | 'string' }>>;

function parse(argv: readonly string[], options: Options) {
  try {
    const parsed = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      allowNegative: true,
      strict: true,
    });
    return {
      values: parsed.values as Readonly<Record<string, string | boolean | undefined>>,
      positionals: parsed.positionals,
    };
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw new Stop('bad-input', `${message}. \`tinybird-tenants --help\` lists the flags.`);
  }
}

function refuseCommand(command: string, rest: readonly string[]): void {
  if (LATER.includes(command)) {
    throw new Stop(
      'not-yet',
      `The command ${command} is not yet supported by this version. Nothing was sent.`,
    );
  }
  if (!['plan', 'apply', 'render'].includes(command) || rest.length > 0) {
    throw new Stop(
      'bad-input',
      `There is no command ${JSON.stringify([command, ...rest].join(' '))}. The commands are plan, apply, render and sandbox; see --help.`,
    );
  }
}

async function planOrApply(
  inputs: Inputs,
  flags: Flags,
  at: { env: NodeJS.ProcessEnv; redact: Redact },
): Promise<number> {
  const { env, redact } = at;
  const context = env.GITHUB_ACTIONS === 'true' ? unwrap(readContext(env)) : null;
  const report = await run(inputs, {
    context,
    clock: systemClock,
    env,
    cwd: process.cwd(),
    shippedSets: SHIPPED_SETS,
    say: (line) => process.stderr.write(`${forLog(redact(line))}\n`),
    mask: () => {},
    leaves: () => {},
  });
  process.stdout.write(
    flags.json ? redact(`${JSON.stringify(jsonOf(report), null, 2)}\n`) : forLog(redact(terminal(report))),
  );
  if (hasFailed(report)) return report.stop?.exitCode ?? 1;
  return flags.exitCode && flags.command === 'plan' && changeCount(report.plan) > 0 ? 3 : 0;
}

async function render(inputs: Inputs, { out, json }: Flags): Promise<number> {
  if (out === null)
    throw new Stop('bad-input', 'render needs --out DIR, the folder to write the project to.');
  const written = await writeProject(await readSources(inputs, SHIPPED_SETS), out);
  const { files, removed } = written;
  const gone = removed.length === 0 ? '' : `, ${plural(removed.length, 'file')} of removed tenants deleted`;
  process.stdout.write(
    json
      ? `${JSON.stringify(written, null, 2)}\n`
      : `${plural(files.length, 'datafile')} written to ${out}${gone}\n`,
  );
  return 0;
}

/** By a path that no bundler follows: the sandbox is a file of its own, and needs packages that a plan does not. */
async function sandbox(argv: readonly string[]): Promise<number> {
  const path = import.meta.url.endsWith('.ts') ? './sandbox/main.ts' : './sandbox.cjs';
  const { runSandboxCommand } = await import(new URL(path, import.meta.url).href);
  return runSandboxCommand(argv);
}

const secretsOf = (raw: Flags['raw']): Secret[] =>
  (['tinybird-token', 'tinybird-tokens-token', 'github-token', 'secrets-token'] as const)
    .map((name) => raw(name).trim())
    .filter(Boolean)
    .map((value) => new Secret(value));

cli(process.argv.slice(2), process.env).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.name : 'unknown error'}\n`);
    process.exitCode = 1;
  },
);
