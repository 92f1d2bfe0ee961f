// The proof proven: every mutant of the shipped sets is caught (that the originals are not is in verify.test.ts). What caught each
// is in mutants.txt: the proof itself, unless nothing that wide can be deployed at all, and what is said before anything is tried.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lint } from '../../src/lint/lint.ts';
import type { Generation } from '../../src/model.ts';
import { readSources } from '../../src/read-sources.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { declaredOf } from '../../src/sources.ts';
import { type Checkout, checkOut, entryOf, listing, prove, SETS } from './checkout.ts';
import { MUTANTS, type Mutant } from './mutants.ts';

const GOLDEN = join(import.meta.dirname, 'mutants.txt');
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test('every mutant is caught', async () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(60);
  const caught = new Map<Mutant, string>();
  for (const same of Map.groupBy(MUTANTS, kindOf).values()) {
    for (let from = 0; from < same.length; from += AT_ONCE) {
      await tryGroup(same.slice(from, from + AT_ONCE), caught);
    }
  }
  const lines = MUTANTS.map((mutant) => `${titleOf(mutant)} -> ${caught.get(mutant) ?? 'NOT CAUGHT'}`);
  const found = `${lines.join('\n')}\n`;
  if (process.env.BLESS === '1') await writeFile(GOLDEN, found);
  expect(lines.filter((line) => line.includes('NOT CAUGHT'))).toEqual([]);
  expect(found).toBe(await readFile(GOLDEN, 'utf8'));
});

/** In one workspace: each is the set of one tenant, beside two tenants with what is shipped. */
const AT_ONCE = 30;

/** Tokens that may append are caught last, after everything was tried to read: beside few others. */
const kindOf = ({ generation, file }: Mutant): string =>
  generation === 'forward' && file.endsWith('.token.hbs') ? 'tokens' : generation;

const fileOf = ({ file }: Mutant): string => file.split('/').at(-1)?.split('.')[0] ?? '';
const titleOf = (mutant: Mutant): string =>
  `${mutant.set} ${mutant.generation} ${fileOf(mutant)}: ${mutant.name}`;

async function tryGroup(group: readonly Mutant[], caught: Map<Mutant, string>): Promise<void> {
  const placed = new Map(group.map((mutant, nth) => [`m${String(nth).padStart(2, '0')}`, mutant]));
  const listed = (ids: Iterable<string>): string =>
    listing([
      entryOf('acme', 'own-endpoints'),
      entryOf('globex', 'own-table'),
      ...[...ids].map((id) => entryOf(id, id, placed.get(id)?.set)),
    ]);
  const [{ generation } = { generation: 'forward' as const }] = group;
  await using checkout = await checkOut(listed(placed.keys()));
  for (const [id, mutant] of placed) await place(checkout, id, mutant);

  const sources = await readSources(checkout.inputs, SETS);
  const findings = lint(sources, generation);
  const first = await refusedOf(checkout, generation);
  for (const id of first)
    await checkout.edit(`sets/${id}/set.yaml`, (text) => `${text}allow-wide: a mutant\n`);
  const second = await refusedOf(checkout, generation);
  const tried = new Set(placed.keys()).difference(second);
  await checkout.edit('tenants.yaml', () => `${listed(tried)}# ${tried.size}\n`);
  const { leaks } = await prove(sandbox, checkout, { generation, suspects: tried });

  for (const [id, mutant] of placed) {
    const rules = new Set(findings.filter(({ example }) => example === id).map(({ rule }) => `lint ${rule}`));
    const leak = leaks.find(({ tenant }) => tenant === id);
    const seen = leak === undefined ? 'NOT CAUGHT' : `${leak.kind} on ${leak.resource.replace(`${id}_`, '')}`;
    const by = [
      ...rules,
      ...(first.has(id) ? ['least privilege'] : []),
      second.has(id) ? 'least privilege whatever the set allows' : seen,
    ];
    caught.set(mutant, by.join(', '));
  }
}

/** Its set as `sets/<id>`; with an endpoint of the project, as `<id>_usage_by_day`, when it is about that. */
async function place(checkout: Checkout, id: string, { set, file, edits }: Mutant): Promise<void> {
  const weaken = (text: string): string =>
    edits.reduce((edited, [from, to]) => edited.replaceAll(from, to), text);
  await checkout.copy(`sets/${set}`, `sets/${id}`);
  if (!file.startsWith('project/')) return checkout.edit(`sets/${id}/${file}`, weaken);
  const path = file.replace('usage_by_day', `${id}_usage_by_day`);
  await checkout.copy(file, path);
  await checkout.edit(path, (text) => weaken(text).replace('NODE shared', `NODE ${id}`));
  await checkout.edit(`sets/${id}/read.token.hbs`, (text) =>
    text.replace('usage_by_day', `${id}_usage_by_day`),
  );
}

/** Ids of those whose tokens the product refuses before anything is deployed. */
async function refusedOf({ inputs }: Checkout, generation: Generation): Promise<Set<string>> {
  const declared = declaredOf(await readSources(inputs, SETS), generation);
  const problems = declared.ok ? [] : declared.problems;
  return new Set(
    problems.map(({ file, message }) => {
      const [, id] = /(\w+)\/read\.token\.hbs$/.exec(file) ?? [];
      if (id === undefined || !/: the token \S+ opens /.test(message)) throw new Error(`${file}: ${message}`);
      return id;
    }),
  );
}
