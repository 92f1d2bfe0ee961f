// The edge to a terminal: flags in; the same report as the action's, as text or JSON, and the exit code out.

import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from './clock.ts';
import { assertNever, Stop, unwrap } from './errors.ts';
import { type Flags, readFlags, secretsOf } from './flags.ts';
import { readContext } from './github/context.ts';
import { help } from './help.ts';
import { type Inputs, parseInputs } from './inputs.ts';
import { lint } from './lint/lint.ts';
import { plural } from './numbers.ts';
import { readSources } from './read-sources.ts';
import { createRedactor, forLog, type Redact } from './redact.ts';
import { writeProject } from './render.ts';
import { lintText } from './report/findings.ts';
import { jsonOf, jsonPieces } from './report/json.ts';
import { changeCount, hasFailed, type Report } from './report/report.ts';
import { terminal } from './report/terminal.ts';
import { declaredOf } from './sources.ts';
import { startRun } from './start.ts';
import { tokenCommand } from './token-command.ts';
import { terminal as proven } from './verify/words.ts';

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
    case 'verify':
      return flags.live ? planOrApply(inputs, flags, at) : verify(inputs, flags, at);
    case 'token':
      return token(inputs, flags, at);
    default:
      return assertNever(command);
  }
}

async function planOrApply(inputs: Inputs, flags: Flags, { env, redact }: At): Promise<number> {
  const context = env.GITHUB_ACTIONS === 'true' ? unwrap(readContext(env)) : null;
  const report = await startRun(inputs, {
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
  for (const piece of textOf(report, flags, redact)) process.stdout.write(piece);
  if (hasFailed(report)) return report.stop?.exitCode ?? 1;
  return flags.exitCode && flags.command === 'plan' && changeCount(report.plan) > 0 ? 3 : 0;
}

function textOf(report: Report, { json }: Flags, redact: Redact): Iterable<string> {
  const { proof, mode, workspace } = report;
  const isProof = mode === 'verify' && proof !== null;
  if (json) return jsonPieces(isProof ? { ...proof } : jsonOf(report), redact);
  const text = isProof ? proven(proof, `live in workspace ${workspace?.name ?? ''}`) : terminal(report);
  return [forLog(redact(text))];
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

async function verify(inputs: Inputs, flags: Flags, { env, redact }: At): Promise<number> {
  const path = import.meta.url.endsWith('.ts') ? './verify/main.ts' : './verify.cjs';
  const { runVerify } = await load<typeof import('./verify/main.ts')>(path);
  const say = (line: string): boolean => process.stderr.write(`${forLog(redact(line))}\n`);
  const { text, summary, stop, exitCode } = await runVerify({
    ...flags,
    inputs,
    clock: systemClock,
    shippedSets: SHIPPED_SETS,
    say,
  });
  if (stop !== null) say(stop);
  process.stdout.write(flags.json ? text : forLog(redact(text)));
  // Nothing else depends on it.
  if (env.GITHUB_STEP_SUMMARY && summary !== '')
    await appendFile(env.GITHUB_STEP_SUMMARY, redact(summary)).catch((error: Error) =>
      say(`The summary could not be written: ${error.message}`),
    );
  return exitCode;
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

/** By a path that no bundler follows: the sandbox and the proof are files of their own, and need packages that a plan does not. */
const load = <T>(path: string): Promise<T> => import(new URL(path, import.meta.url).href);

async function sandbox(argv: readonly string[]): Promise<number> {
  const path = import.meta.url.endsWith('.ts') ? './sandbox/main.ts' : './sandbox.cjs';
  const { runSandboxCommand } = await load<typeof import('./sandbox/main.ts')>(path);
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
