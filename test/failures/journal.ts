// A run with everything that left its process, in order.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { masksIn } from './runner.ts';
import type { Written } from './sound.ts';
import type { ActOptions, Ended, Stage } from './stage.ts';

export interface Note {
  /** `stdout`, `stderr`, the path of a file, or `PUT /repos/…` of a request. */
  readonly to: string;
  readonly text: string;
}

export interface Recorded {
  readonly end: Ended;
  readonly notes: readonly Note[];
  /** Name → text of what the run left in its temporary folder. */
  readonly files: ReadonlyMap<string, string>;
}

/** In the temporary folder. */
export const TOKENS_FILE = 'tokens.json';
/** It and its draft. */
const isTokensFile = (path: string): boolean => /\/tokens\.json(\.\d+\.tmp)?$/.test(path);

/** Runs the built action, with a tokens file unless told otherwise. */
export async function record(stage: Stage, { inputs, ...options }: ActOptions): Promise<Recorded> {
  const temp = await mkdtemp(join(tmpdir(), 'recorded-'));
  const folder = await mkdtemp(join(tmpdir(), 'journal-'));
  const journal = join(folder, 'journal');
  try {
    const end = await stage.act({
      ...options,
      inputs: { 'tokens-file': join(temp, TOKENS_FILE), ...inputs },
      env: {
        RUNNER_TEMP: temp,
        JOURNAL: journal,
        NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'record.ts')).href}`,
      },
    });
    const lines = (await readFile(journal, 'utf8')).split('\n').filter(Boolean);
    const names = await readdir(temp);
    const texts = await Promise.all(names.map((name) => readFile(join(temp, name), 'utf8')));
    const recorded = {
      end,
      notes: lines.map((line): Note => JSON.parse(line)),
      files: new Map(names.map((name, index) => [name, texts[index] ?? ''])),
    };
    expectWhole(recorded);
    return recorded;
  } finally {
    await rm(temp, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the run left and nobody noted has gone another way than those that are watched. */
function expectWhole({ end, notes, files }: Recorded): void {
  const noted = (isOne: (to: string) => boolean): string =>
    notes.flatMap(({ to, text }) => (isOne(to) ? [text] : [])).join('');
  // Both streams are one in the log, in whatever order they arrived.
  const printed = noted((to) => to === 'stdout' || to === 'stderr');
  const inFiles = noted((to) => /\/(output|state)$/.test(to));
  const lacking = [
    ...(printed.length === end.log.length ? [] : ['a line']),
    ...(noted((to) => to.endsWith('/summary.md')) === end.summary ? [] : ['the summary']),
    ...Object.entries({ ...end.outputs, ...end.state }).flatMap(([name, value]) =>
      inFiles.includes(`\n${value}\n`) || inFiles.includes(`${name}=${value}\n`) ? [] : [name],
    ),
    ...[...files].flatMap(([name, text]) => {
      const isOne = name === TOKENS_FILE ? isTokensFile : (to: string) => to.endsWith(`/${name}`);
      return noted(isOne) === text ? [] : [name];
    }),
  ];
  if (lacking.length > 0) throw new Error(`not noted: ${lacking.join(', ')}`);
}

/** All of it but the tokens file, which is there to hold values. */
export function writtenIn({ end, notes }: Recorded): Written {
  const texts = notes
    .filter(({ to }) => to !== 'stdout' && !isTokensFile(to))
    .map(({ to, text }, index) => [`${index} ${to}`, `${to}\n${text}`]);
  return { log: end.log, outputs: end.outputs, texts: Object.fromEntries(texts) };
}

/** Whether the value was masked before each of the places, given by a part of their names, was written; all must be there. */
export function isMaskedBefore({ notes }: Recorded, value: string, places: readonly string[]): boolean {
  const masked = notes.findIndex(({ to, text }) => to === 'stdout' && masksIn(text).includes(value));
  const written = places.map((place) => notes.findIndex(({ to }) => to.includes(place)));
  return masked >= 0 && written.every((at) => at > masked);
}
