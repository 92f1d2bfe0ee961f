// Makes one view on Classic so that its target ends up with every row once, whatever is ingested meanwhile.
import { type Clock, poll } from '../clock.ts';
import { marked, markerOf } from '../datafile/marker.ts';
import type { Pipe } from '../datafile/types.ts';
import { Stop } from '../errors.ts';
import type { LiveToken } from '../model.ts';
import type { Build } from '../plan/builds.ts';
import { cutView, fillOf } from '../plan/views.ts';
import type { ClassicWriter, Job, Reader } from '../tinybird/ports.ts';

export interface Historian {
  readonly reader: Reader;
  readonly writer: ClassicWriter;
  readonly clock: Clock;
  /** How long one job may take, milliseconds. */
  readonly timeout: number;
  /** Until a row that was ingested at some moment is surely in its table, milliseconds. */
  readonly settle: number;
  readonly say: (line: string) => void;
  /** What is live, by name. */
  readonly tokens: Map<string, LiveToken>;
  /** How many views a table still waits for, until it may be read. */
  readonly unfilled: Map<string, number>;
  /** Measured once a run. */
  time: ServerTime | null;
}

/** Between which moments the workspace's clock stands; the answer took a while. */
interface ServerTime {
  readonly atLeast: (now: number) => number;
  readonly atMost: (now: number) => number;
}

async function serverTime(at: Historian): Promise<ServerTime> {
  if (at.time === null) {
    const asked = at.clock.now();
    const said = await at.reader.now();
    const heard = at.clock.now();
    at.time = { atLeast: (now) => said + (now - heard), atMost: (now) => said + (now - asked) };
  }
  return at.time;
}

/** A description whose marker says that the history is missing, or no longer says so. */
export function withCutoff(description: string, cutoff: number | null): string {
  const found = markerOf(description);
  if (found === null) return description;
  const { cutoff: _, ...marker } = found.marker;
  return marked(found.rest, cutoff === null ? marker : { ...marker, cutoff });
}

const LONGER = 4;
const LONGEST_LEAD_MS = 30_000;

type Cut = readonly [pipe: Pipe, filling: { readonly source: string; readonly column: string }];

/** Until the history is there, view and target carry a cut-off: whoever finds one starts again. */
export async function fillView(at: Historian, build: Build, pipe: Pipe): Promise<void> {
  const { writer, clock } = at;
  const { filling } = build;
  const node = pipe.nodes.find(({ type }) => type === 'materialized')?.name ?? '';
  if (filling.kind === 'none') return writer.createPipe(pipe, { replace: false });
  if (filling.kind === 'approximate') {
    const time = await serverTime(at);
    const description = withCutoff(pipe.description, time.atLeast(clock.now()));
    await writer.createPipe({ ...pipe, description }, { replace: false });
    await populate(at, { pipe: pipe.name, node, what: build.target.name });
    return settled(at, build, pipe);
  }
  const cutoff = await createBefore(at, build, [pipe, filling]);
  const time = await serverTime(at);
  await clock.sleep(Math.max(0, cutoff + at.settle - time.atLeast(clock.now())));
  const name = fillOf(pipe.name);
  const description = withCutoff(pipe.description, cutoff);
  const { before } = cutView({ ...pipe, name, description }, filling, cutoff);
  await writer.createPipe(before, { replace: false });
  await populate(at, { pipe: name, node, what: build.target.name });
  await writer.deletePipe(name);
  return settled(at, build, pipe);
}

/** Creates the view before its cut-off comes. One that came too late has missed rows, and brought others already. */
async function createBefore(at: Historian, { target, fresh }: Build, [pipe, filling]: Cut): Promise<number> {
  const { writer, clock } = at;
  const time = await serverTime(at);
  // A table with other rows cannot be begun again, so that its view has one chance, and more time.
  for (let lead = fresh ? at.settle : at.settle * LONGER; ; lead *= LONGER) {
    const cutoff = Math.ceil(time.atMost(clock.now()) + lead);
    const description = withCutoff(pipe.description, cutoff);
    const { since } = cutView({ ...pipe, description }, filling, cutoff);
    await writer.createPipe(since, { replace: false });
    if (time.atMost(clock.now()) < cutoff) return cutoff;
    if (!fresh || lead > LONGEST_LEAD_MS) {
      throw new Stop(
        'failed',
        `The workspace is too busy: the view ${pipe.name} was not there within ${Math.round(lead / 1000)} s. Run again later.`,
      );
    }
    await writer.deletePipe(pipe.name);
    await writer.deleteDatasource(target.name);
    await writer.createDatasource({ ...target, description: withCutoff(target.description, 0) });
  }
}

/** The history is there: the marks go, the view's first, because the table's says what may be dropped. */
async function settled({ writer, unfilled }: Historian, build: Build, pipe: Pipe): Promise<void> {
  await writer.updatePipe(pipe.name, { description: withCutoff(pipe.description, null) });
  if (!build.fresh) return;
  const { name, description } = build.target;
  const left = (unfilled.get(name) ?? 1) - 1;
  unfilled.set(name, left);
  if (left > 0) return;
  await writer.alterDatasource(name, { description }, { dry: false });
}

const PROGRESS_MS = 10_000;

async function populate(
  { reader, writer, clock, timeout, say }: Historian,
  { pipe, node, what }: { pipe: string; node: string; what: string },
): Promise<void> {
  const id = await writer.populate(pipe, node);
  let told = clock.now();
  const ended = await poll(clock, told + timeout, async (): Promise<Job | undefined> => {
    const job = await reader.job(id);
    if (job === null) throw new Stop('failed', `The job ${id}, which filled ${what}, is gone. Run again.`);
    if (job.phase !== 'working') return job;
    if (clock.now() - told > PROGRESS_MS) {
      told = clock.now();
      say(`History of ${what}: ${job.progress === null ? 'working' : `${Math.round(job.progress)}%`}`);
    }
    return undefined;
  });
  if (ended === 'timeout') {
    throw new Stop(
      'failed',
      `The history of ${what} was not filled in within \`deploy-timeout\` (job ${id}). Nothing reads it yet; the next run starts it again. Raise \`deploy-timeout\` if there is a lot of history.`,
    );
  }
  if (ended.phase === 'failed') {
    throw new Stop(
      'failed',
      `The history of ${what} could not be filled in (job ${id}): ${ended.error ?? 'the workspace does not say why'}`,
    );
  }
}
