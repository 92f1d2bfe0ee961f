// A checkout in memory and on disk: a shipped set with edits, the example's project, and a list of tenants of that set.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/bundle.ts';
import { systemClock } from '../../src/clock.ts';
import { unwrap } from '../../src/errors.ts';
import { type Inputs, parseInputs } from '../../src/inputs.ts';
import type { Generation } from '../../src/model.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { Proof } from '../../src/verify/proof.ts';
import { type Asked, verify } from '../../src/verify/verify.ts';

export const SETS = join(root, 'datafiles-templates');

export interface Checkout extends AsyncDisposable {
  readonly folder: string;
  readonly inputs: Inputs;
  edit(file: string, change: (text: string) => string): Promise<void>;
  /** A file or a folder of it once more, under another name. */
  copy(from: string, to: string): Promise<void>;
}

/** `sets/` and `project/` as they are shipped, and this list. */
export async function checkOut(
  list: string,
  inputs: Readonly<Record<string, string>> = {},
): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), 'verify-'));
  await mkdir(join(folder, 'project'));
  await cp(SETS, join(folder, 'sets'), { recursive: true });
  await cp(join(root, 'examples/usage-billing/tinybird'), join(folder, 'project'), { recursive: true });
  await writeFile(join(folder, 'tenants.yaml'), list);
  const given: Readonly<Record<string, string>> = {
    tenants: join(folder, 'tenants.yaml'),
    templates: join(folder, 'sets'),
    project: join(folder, 'project'),
    ...inputs,
  };
  return {
    folder,
    inputs: unwrap(parseInputs((name) => given[name] ?? '')),
    edit: async (file, change) => {
      const path = join(folder, file);
      const before = await readFile(path, 'utf8');
      const after = change(before);
      if (after === before) throw new Error(`nothing changed in ${file}`);
      await writeFile(path, after);
    },
    copy: (from, to) => cp(join(folder, from), join(folder, to), { recursive: true }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const VARS = 'vars: { event_types: [login, purchase] }';

/** Tenants of one set. */
export const listOf = (set: string, ...ids: readonly string[]): string =>
  listing(ids.map((id) => entryOf(id, set)));

/** Of `entryOf`. */
export const listing = (entries: readonly string[]): string =>
  `fleet: usage\nworkspace: production\ntenants:\n${entries.join('')}`;

/** `like`: the shipped set that the tenant's was made from. */
export const entryOf = (id: string, set: string, like = set): string =>
  `  - { id: ${JSON.stringify(id)}, template: ${set}${like === 'own-endpoints' ? `, ${VARS}` : ''} }\n`;

export const prove = (
  sandbox: Sandbox,
  { inputs }: Pick<Checkout, 'inputs'>,
  asked: Partial<Asked> & { readonly generation?: Generation } = {},
): Promise<Proof> =>
  verify(
    { inputs, generation: 'forward', exhaustive: false, ...asked },
    { sandbox, clock: systemClock, shippedSets: SETS, say: () => {} },
  );
