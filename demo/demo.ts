// `npm run demo`: the story on an embedded workspace, shown while it happens. --generation classic plays it on a Classic workspace, --json prints one document, --keep leaves the workspace running.
import { parseArgs, styleText } from 'node:util';
import { tokenOf } from './isolation.ts';
import { type Stage, setStage } from './stage.ts';
import { EVENTS, STEPS, type Step } from './story.ts';
import { FIFTY } from './tenants.ts';

interface Done {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly text: string;
  readonly leaks: number;
}

const { values } = parseArgs({
  options: {
    generation: { type: 'string', default: 'forward' },
    json: { type: 'boolean' },
    keep: { type: 'boolean' },
  },
});
const { generation } = values;
if (generation !== 'forward' && generation !== 'classic') {
  process.stderr.write(`--generation ${generation}: forward or classic\n`);
  process.exit(2);
}
// With --json, standard output belongs to the document.
const out = values.json ? process.stderr : process.stdout;
const write = (text: string): boolean => out.write(`${text}\n`);

async function play(stage: Stage): Promise<Done[]> {
  const done: Done[] = [];
  for (const step of STEPS) {
    write(`\n${styleText('bold', `▸ ${step.title}`, { stream: out })}`);
    const result = await take(step, stage);
    done.push(result);
    write(
      `  ${result.ok ? styleText('green', '✔', { stream: out }) : styleText('red', '✘', { stream: out })} ${result.text} (${(result.ms / 1000).toFixed(1)} s)`,
    );
    if (!result.ok) break;
  }
  return done;
}

async function take(step: Step, stage: Stage): Promise<Done> {
  const start = performance.now();
  try {
    const { text, leaks = 0, shown } = await step.run(stage);
    if (shown !== undefined)
      write(
        shown
          .split('\n')
          .map((line) => `  │ ${line}`)
          .join('\n'),
      );
    return { name: step.name, ok: leaks === 0, ms: Math.round(performance.now() - start), text, leaks };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { name: step.name, ok: false, ms: Math.round(performance.now() - start), text, leaks: 0 };
  }
}

function table(done: readonly Done[]): string {
  const width = Math.max(...done.map(({ name }) => name.length));
  const rows = done.map(
    ({ name, ok, ms, text }) =>
      `  ${ok ? '✔' : '✘'} ${name.padEnd(width)}  ${(ms / 1000).toFixed(1).padStart(5)} s  ${text}`,
  );
  return ['', ...rows, ''].join('\n');
}

/** Commands to paste; the values are those of a workspace that ends with this process. */
function tryIt(stage: Stage): string {
  const [one, other] = FIFTY;
  if (one === undefined || other === undefined) return '';
  const call = (endpoint: string) =>
    `  curl -H "Authorization: Bearer ${tokenOf(stage, one)}" "${stage.sandbox.url}/v0/pipes/${endpoint}.json"`;
  return [
    `The workspace runs on ${stage.sandbox.url} until you press Ctrl+C. ${one.id}'s own endpoint, then ${other.id}'s with ${one.id}'s token:`,
    call(`${one.id}_usage_this_month`),
    call(`${other.id}_usage_this_month`),
  ].join('\n');
}

await using stage = await setStage(values.keep ? 7181 : 0, generation);
write(
  `An embedded Tinybird ${generation === 'forward' ? 'Forward' : 'Classic'} workspace (real ClickHouse) on ${stage.sandbox.url}, the built action, a Git repository in ${stage.folder}`,
);
const done = await play(stage);
const ok = done.every((step) => step.ok) && done.length === STEPS.length;
write(table(done));
if (values.json) {
  const leaks = done.reduce((sum, step) => sum + step.leaks, 0);
  process.stdout.write(
    `${JSON.stringify({ ok, generation, tenants: FIFTY.length, events: EVENTS, leaks, steps: done })}\n`,
  );
}
if (!ok) process.exitCode = 1;
if (values.keep && ok) {
  write(tryIt(stage));
  await new Promise((resolve) => process.once('SIGINT', resolve));
}
