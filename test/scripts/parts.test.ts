// The action in parts: what lies in which file, the same in every build, and nothing that an earlier build has left.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACTION, type Built, bundle } from '../../scripts/bundle.ts';
import { LATER, later } from '../../scripts/later.ts';
import { narrow } from '../../scripts/narrow.ts';
import { DIVIDED, parts } from '../../scripts/parts.ts';
import { problems } from './bundling.ts';

const folder = mkdtempSync(join(tmpdir(), 'parts-'));
let built: Built;
beforeAll(async () => {
  writeFileSync(join(folder, 'index.earlier.cjs'), '');
  writeFileSync(join(folder, 'cli.run.cjs'), '');
  built = await bundle(ACTION, folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

/** The file and those that it requires before it does anything. */
function loadedWith(file: string): Set<string> {
  const found = new Set([file]);
  for (const one of found)
    for (const [, next = ''] of read(one).matchAll(/^var \w+ = require\("\.\/([^"]+)"\);$/gm))
      found.add(next);
  return found;
}

/** The source files in files of a build, by the comments that name them. */
const sourcesIn = (files: Iterable<string>): string[] =>
  [...files].flatMap((file) =>
    [...read(file).matchAll(/^(?:\/\/ | {2}")((?:src|node_modules)\/[^"\s]+\.\w+)/gm)].map(
      ([, path = '']) => path,
    ),
  );

describe('what is loaded', () => {
  test('for the post step: one small file', () => {
    expect([...loadedWith('index.cjs')]).toEqual(['index.cjs']);
    expect(sourcesIn(['index.cjs'])).toEqual(['src/action.ts']);
  });

  test('until the first request: nothing of what comes after it, or perhaps never', () => {
    const first = sourcesIn(loadedWith('index.main-step.cjs'));
    expect(first).toEqual(expect.arrayContaining(['src/start.ts', 'src/tinybird/connect.ts']));
    expect(first.some((path) => path.startsWith('node_modules/undici/lib/dispatcher/client-h1'))).toBe(true);
    const others =
      /csv-parse|@octokit|@actions\/(?:github|http-client)|@noble|undici\/lib\/(?:web|dispatcher\/(?:client-h2|proxy|socks5))|^src\/(?:apply|lint|live-proof|plan|privilege|report|rotation|secrets|verify|tinybird\/(?:classic|deploy|forward)|(?:run|telling|situation|desired|declared|base)\.ts)/;
    expect(first.filter((path) => others.test(path))).toEqual([]);
    // The pattern finds what it looks for.
    const later = sourcesIn(readdirSync(folder).filter((name) => name.endsWith('.cjs')));
    for (const word of [
      'csv-parse',
      '@octokit',
      '@noble',
      'client-h2',
      'undici/lib/web',
      'src/lint',
      'src/run.ts',
    ])
      expect(later.some((path) => path.includes(word) && others.test(path))).toBe(true);
  });

  test('to tell of bad input: neither the rest of a run nor a client', () => {
    const files = loadedWith('index.telling.cjs');
    expect(files).not.toContain('index.run.cjs');
    expect(sourcesIn(files).filter((path) => /@octokit|src\/(?:lint|apply)\//.test(path))).toEqual([]);
  });
});

describe('a build', () => {
  test('leaves nothing of an earlier one, and what is not its own', () => {
    const names = readdirSync(folder);
    expect(names).not.toContain('index.earlier.cjs');
    expect(names).toContain('cli.run.cjs');
  });

  test('every file that is required is there', () => {
    const names = readdirSync(folder);
    for (const name of names.filter((one) => one.endsWith('.cjs'))) {
      const required = [...read(name).matchAll(/\brequire\("\.\/([^"]+)"\)/g)].map(([, file]) => file);
      expect(names).toEqual(expect.arrayContaining(required));
      expect(read(name)).not.toMatch(/"part:|\.mjs"|\bimport\("\.\/index/);
    }
  });

  test('is the same wherever it goes', async () => {
    const other = mkdtempSync(join(tmpdir(), 'parts-'));
    try {
      const { written } = await bundle(ACTION, other);
      expect(written.length).toBe(built.written.length);
      for (const path of written) expect(readFileSync(path, 'utf8')).toBe(read(path.slice(other.length + 1)));
    } finally {
      rmSync(other, { recursive: true });
    }
  });
});

/** Messages of the errors of bundling `source` in parts. */
const inParts = (source: string, plugins = [parts('src/errors.ts', LATER), narrow, later]) =>
  problems(source, { ...DIVIDED, plugins });

describe('undici of another shape is an error', () => {
  test('what nobody requires any more', async () => {
    const gone = { importer: /undici/, path: /\/gone\.js$/, part: 'undici/web', name: 'gone' };
    const plugins = [parts('src/errors.ts', [...LATER, gone]), narrow, later];
    const source = "import { EnvHttpProxyAgent } from 'undici'; console.log(EnvHttpProxyAgent);";
    expect(await inParts(source, plugins)).toEqual([
      'nobody requires /\\/gone\\.js$/ of the part undici/web',
    ]);
  });

  test('what is no longer written as it was, and more of assert than a condition', async () => {
    const lib = join(folder, 'undici/lib/dispatcher');
    mkdirSync(lib, { recursive: true });
    const client = join(lib, 'client.js');
    writeFileSync(client, "const h2 = require('node:http2')\nmodule.exports = h2\n");
    expect(await inParts(`require(${JSON.stringify(client)})`, [later])).toEqual([
      `${client} does not say once: const connectH2 = require('./client-h2.js')`,
    ]);
    writeFileSync(
      client,
      "const assert = require('node:assert')\nconst connectH2 = require('./client-h2.js')\nassert.equal(1, 1)\n",
    );
    expect(await inParts(`require(${JSON.stringify(client)})`, [later])).toEqual([
      `${client} asks more of assert than a condition`,
    ]);
  });
});
