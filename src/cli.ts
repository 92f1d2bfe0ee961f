// The edge to a terminal: flags in; the same report as the action's, as text or JSON, and the exit code out.

import { join } from 'node:path';
import { systemClock } from './clock.ts';
import { assertNever, Stop, unwrap } from './errors.ts';
import { type Flags, readFlags, secretsOf } from './flags.ts';
import { readContext } from './github/context.ts';
import { help } from './help.ts';
import { type Inputs, parseInputs } from './inputs.ts';
import { lint } from './lint/lint.ts';
import { plural } from './numbers.ts';
import { createRedactor, forLog, type Redact } from './redact.ts';
import { writeProject } from './render.ts';
import { lintText } from './report/findings.ts';
import { jsonOf } from './report/json.ts';
import { changeCount, hasFailed } from './report/report.ts';
import { terminal } from './report/terminal.ts';
import { run } from './run.ts';
import { declaredOf, readSources } from './sources.ts';
import { tokenCommand } from './token-command.ts';

const SHIPPED_SETS = join(import.meta.dirname, '..', 'datafiles-templates');

async function cli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  // The sandbox has flags of its own, and loads an engine that nothing else needs.
  if (argv[0] === 'sandbox' && !argv.includes('--help')) return sandbox(argv.slice(1));
  let redact: Redact = createRedactor([]);
  try {
    const flags = readFlags(argv, env);
    redact = createRedactor(secretsOf(flags.raw));
    return await obey(flags, { env, redact });
  } catch (error) {
    const text = error instanceof Stop ? error.message : String(error instanceof Error ? error.stack : error);
    process.stderr.write(`${forLog(redact(text))}\n`);
    return error instanceof Stop ? error.exitCode : 1;
  }
}

interface At {
  readonly env: NodeJS.ProcessEnv;
  readonly redact: Redact;
}

async function obey(flags: Flags, at: At): Promise<number> {
  const { command } = flags;
  if (command === 'help') {
    process.stdout.write(help());
    return 0;
  }
  const inputs = unwrap(parseInputs(flags.raw));
  switch (command) {
    case 'plan':
    case 'apply':
    case 'rotate':
      return planOrApply(inputs, flags, at);
    case 'render':
      return render(inputs, flags);
    case 'lint':
      return lintCommand(inputs, flags);
    case 'token':
      return token(inputs, flags, at);
    default:
      return assertNever(command);
  }
}

async function planOrApply(inputs: Inputs, flags: Flags, { env, redact }: At): Promise<number> {
  const context = env.GITHUB_ACTIONS === 'true' ? unwrap(readContext(env)) : null;
  const report = await run(inputs, {
    context,
    clock: systemClock,
    env,
    cwd: process.cwd(),
    shippedSets: SHIPPED_SETS,
    say: (line) => process.stderr.write(`${forLog(redact(line))}\n`),
    redact,
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

/** What only a Classic workspace takes is read as it is there. */
async function lintCommand(inputs: Inputs, { json }: Flags): Promise<number> {
  const sources = await readSources(inputs, SHIPPED_SETS);
  const forward = declaredOf(sources, 'forward');
  const generation = forward.ok || !declaredOf(sources, 'classic').ok ? 'forward' : 'classic';
  if (generation === 'forward') unwrap(forward);
  const findings = lint(sources, generation);
  process.stdout.write(json ? `${JSON.stringify({ findings }, null, 2)}\n` : forLog(lintText(findings)));
  return findings.some(({ level }) => level === 'warning') ? 1 : 0;
}

async function token(inputs: Inputs, flags: Flags, { env, redact }: At): Promise<number> {
  const text = await tokenCommand(inputs, flags, {
    clock: systemClock,
    env,
    shippedSets: SHIPPED_SETS,
    terminal: process.stdout.isTTY === true,
    redact,
  });
  // Not redacted again: a value that was asked for may be in it.
  process.stdout.write(text);
  return 0;
}

/** By a path that no bundler follows: the sandbox is a file of its own, and needs packages that a plan does not. */
async function sandbox(argv: readonly string[]): Promise<number> {
  const path = import.meta.url.endsWith('.ts') ? './sandbox/main.ts' : './sandbox.cjs';
  const { runSandboxCommand } = await import(new URL(path, import.meta.url).href);
  return runSandboxCommand(argv);
}

cli(process.argv.slice(2), process.env).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.name : 'unknown error'}\n`);
    process.exitCode = 1;
  },
);
