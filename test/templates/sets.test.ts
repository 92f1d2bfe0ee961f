// Folders of template sets: what is read, what is refused, and `extends`.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unwrap } from '../../src/errors.ts';
import { readFolders } from '../../src/templates/folders.ts';
import { renderTenant } from '../../src/templates/render.ts';
import { compileSets, type TemplateSet } from '../../src/templates/sets.ts';
import { endpoint, messages, readSets, tenant } from './made.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sets-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function written(files: Record<string, string>) {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  return readSets(dir);
}
const said = async (files: Record<string, string>) =>
  messages(await written(files))
    .join('\n')
    .replaceAll(dir, 'DIR');

async function oneSet(name: string, files: Record<string, string>): Promise<TemplateSet> {
  const sets = await written(files);
  if (!sets.ok) throw new Error(messages(sets).join('\n'));
  const set = sets.value.get(name);
  if (set === undefined) throw new Error('no such set');
  return set;
}

const PIPE = endpoint('SELECT {{sql id}}');

describe('extends', () => {
  const base = {
    'base/set.yaml': 'description: base\nttl-max: 30d\nvariables: { days: { type: integer, default: 1 } }',
    'base/a.pipe.hbs': PIPE,
    'base/b.pipe.hbs': PIPE,
  };

  test('replaces and adds single files and variables, over several generations', async () => {
    const set = await oneSet('grandchild', {
      ...base,
      'child/set.yaml': 'extends: base\nvariables: { days: { type: integer, default: 2 } }',
      'child/b.pipe.hbs': endpoint('SELECT {{days}}'),
      'grandchild/set.yaml': 'extends: child\ndescription: mine',
      'grandchild/c.pipe.hbs': PIPE,
    });
    expect(set.files.map(({ from }) => from)).toEqual([
      'base/a.pipe.hbs',
      'child/b.pipe.hbs',
      'grandchild/c.pipe.hbs',
    ]);
    expect(set).toMatchObject({ description: 'mine', longestTtl: 30 * 86_400 });
    expect(renderTenant(set, tenant())).toMatchObject({
      value: { files: [{}, { datafile: { nodes: [{ sql: 'SELECT 2' }] } }, {}] },
    });
  });

  test('takes what the youngest says about backfill and allow-wide', async () => {
    const sets = await written({
      ...base,
      'old/set.yaml': 'extends: base\nbackfill: approximate\nallow-wide: " auditors read all of it "',
      'young/set.yaml': 'extends: old\nbackfill: none',
    });
    if (!sets.ok) throw new Error(messages(sets).join('\n'));
    const told = sets.value.values().map((set) => {
      const rendered = unwrap(renderTenant(set, tenant()));
      return [set.name, rendered.backfill, rendered.allowWide];
    });
    expect([...told]).toEqual([
      ['base', 'exact', null],
      ['old', 'approximate', 'auditors read all of it'],
      ['young', 'none', 'auditors read all of it'],
    ]);
  });

  test('takes what the youngest says about allow', async () => {
    const sets = await written({
      ...base,
      'old/set.yaml': 'extends: base\nallow: [{ hazard: fan-out, reason: rare inserts, until: 2026-12-31 }]',
      'young/set.yaml': 'extends: old',
      'strict/set.yaml': 'extends: old\nallow: []',
    });
    if (!sets.ok) throw new Error(messages(sets).join('\n'));
    const allow = [{ hazard: 'fan-out', reason: 'rare inserts', until: '2026-12-31' }];
    const told = sets.value
      .values()
      .map((set) => [set.name, unwrap(renderTenant(set, tenant())).allow ?? null]);
    expect([...told]).toEqual([
      ['base', null],
      ['old', allow],
      ['strict', null],
      ['young', allow],
    ]);
  });

  test('of nothing, of oneself, in a circle', async () => {
    expect(await said({ ...base, 'x/set.yaml': 'description: y\nextends: nope' })).toBe(
      'DIR/x/set.yaml:2:10: extends the set "nope", which is not there; there are base, x',
    );
    expect(await said({ 'x/set.yaml': 'extends: x' })).toMatch(/in a circle: x → x/);
    await rm(join(dir, 'base'), { recursive: true });
    expect(await said({ 'x/set.yaml': 'extends: y', 'y/set.yaml': 'extends: x' })).toMatch(
      /x → y → x[\s\S]*y → x → y/,
    );
  });

  test('a path is no name of a set', async () => {
    expect(await said({ ...base, 'x/set.yaml': 'extends: ../x/base' })).toMatch(
      /extends the set "..\/x\/base", which is not there/,
    );
  });

  test('one role cannot be a pipe here and a data source there', async () => {
    expect(await said({ ...base, 'x/set.yaml': 'extends: base', 'x/a.datasource.hbs': 'x' })).toMatch(
      /DIR\/x\/a.datasource.hbs: the role a is taken by DIR\/base\/a.pipe.hbs/,
    );
  });
});

describe('what is no set', () => {
  test.each<[Record<string, string>, RegExp]>([
    [{}, /^DIR: holds no template set/],
    [{ 'README.md': 'x', 'docs/x.md': 'x' }, /^DIR: holds no template set/],
    [{ 's/a.pipe.hbs': PIPE }, /DIR\/s: has templates but no set.yaml/],
    [{ 's/set.yaml': '' }, /DIR\/s\/set.yaml:1:1: /],
    [{ 's/set.yaml': 'description: x' }, /the set has no template/],
    [
      { 's/set.yaml': 'description: x', 's/A.pipe.hbs': PIPE },
      /A.pipe.hbs: is not a file that a set can have/,
    ],
    [{ 's/set.yaml': 'description: x', 's/a.pipe': PIPE }, /is not a file that a set can have/],
    [{ 's/set.yaml': 'description: x', 's/a.token.yaml': PIPE }, /is not a file that a set can have/],
    [{ 's/set.yml': 'description: x', 's/a.pipe.hbs': PIPE }, /is not a file that a set can have/],
    [{ 'My Set/set.yaml': 'description: x', 'My Set/a.pipe.hbs': PIPE }, /a set is named with/],
    [{ 's/set.yaml': 'description: x\nnonsense: 1', 's/a.pipe.hbs': PIPE }, /nonsense/],
    [{ 's/set.yaml': 'a: *b', 's/a.pipe.hbs': PIPE }, /set.yaml:1:4: /],
    [{ 's/set.yaml': 'description: x\ndescription: y', 's/a.pipe.hbs': PIPE }, /set.yaml:2:1: .*unique/],
    [
      { 's/set.yaml': 'backfill: maybe', 's/a.pipe.hbs': PIPE },
      /set.yaml:1:11: backfill: has to be exact or/,
    ],
    [{ 's/set.yaml': 'allow-wide: " "', 's/a.pipe.hbs': PIPE }, /set.yaml:1:13: allow-wide: needs a reason/],
    [{ 's/set.yaml': 'allow-wide: true', 's/a.pipe.hbs': PIPE }, /set.yaml:1:13: allow-wide: /],
    [{ 's/set.yaml': 'allow-wide: "a\\nb"', 's/a.pipe.hbs': PIPE }, /allow-wide: has to be one line/],
    [
      {
        's/set.yaml': 'allow: [{ hazard: loses-data, reason: r, until: 2026-13-01 }]',
        's/a.pipe.hbs': PIPE,
      },
      /set.yaml:1:49: allow.0.until: "2026-13-01" is no day/,
    ],
    [
      { 's/set.yaml': 'allow: [{ hazard: x, reason: r, until: 2026-12-01 }]', 's/a.pipe.hbs': PIPE },
      /set.yaml:1:19: allow.0.hazard: /,
    ],
    [{ 's/set.yaml': 'ttl-max: soon', 's/a.pipe.hbs': PIPE }, /set.yaml:1:10: ttl-max is not like/],
    [
      { 's/set.yaml': 'variables: { x: { type: text } }', 's/a.pipe.hbs': PIPE },
      /set.yaml:1:25: variables.x.type: /,
    ],
    [
      { 's/set.yaml': 'variables: { X-Y: { type: string } }', 's/a.pipe.hbs': PIPE },
      /a variable is named with/,
    ],
    [{ 's/set.yaml': 'variables: { id: { type: string } }', 's/a.pipe.hbs': PIPE }, /a meaning of its own/],
    [{ 's/set.yaml': 'variables: { sql: { type: string } }', 's/a.pipe.hbs': PIPE }, /a meaning of its own/],
    [
      { 's/set.yaml': 'variables: { x: { type: integer, default: a } }', 's/a.pipe.hbs': PIPE },
      /the default is "a", but has to be a whole number/,
    ],
    [
      { 's/set.yaml': 'variables: { x: { type: integer, default: 0, min: 1 } }', 's/a.pipe.hbs': PIPE },
      /the default is 0, below/,
    ],
    [
      {
        's/set.yaml': 'variables: { x: { type: string, default: a, required: true } }',
        's/a.pipe.hbs': PIPE,
      },
      /with a default is not required/,
    ],
    [
      {
        's/set.yaml': 'variables: { x: { type: "string[]", default: [a], permission: true } }',
        's/a.pipe.hbs': PIPE,
      },
      /a permission has no default/,
    ],
    [{ 's/set.yaml': '"__proto__": { x: 1 }\nvariables: {}', 's/a.pipe.hbs': PIPE }, /__proto__/],
  ])('%j', async (files, message) => {
    expect(await said(files)).toMatch(message);
  });

  test('a folder that is not there', async () => {
    expect(messages(await readSets(join(dir, 'nope'))).join()).toMatch(/nope: there is no such folder/);
  });

  test('bytes that are no text, and too many of them', async () => {
    await written({ 's/set.yaml': 'description: x', 's/b.pipe.hbs': 'x'.repeat(1024 * 1024 + 1) });
    await writeFile(join(dir, 's/a.pipe.hbs'), Buffer.from([0xff, 0xfe, 0x41]));
    expect(messages(await readSets(dir)).join('\n')).toMatch(
      /a.pipe.hbs: cannot be read as UTF-8[\s\S]*b.pipe.hbs: has 1048577 bytes/,
    );
  });
});

test('all problems of all sets are told at once', async () => {
  const text = await said({
    's/set.yaml': 'description: x',
    's/a.pipe.hbs': endpoint('SELECT {{{x}}} {{&x}}'),
    's/b.pipe.hbs': endpoint('SELECT {{log x}} {{lookup x}}'),
    't/set.yaml': 'description: x',
    't/a.pipe.hbs': '{{id}}',
  });
  expect(text.split('\n').map((line) => line.split(' ')[0])).toEqual([
    'DIR/s/a.pipe.hbs:3:12:',
    'DIR/s/a.pipe.hbs:3:20:',
    'DIR/s/b.pipe.hbs:3:12:',
    'DIR/s/b.pipe.hbs:3:22:',
    'DIR/t/a.pipe.hbs:1:1:',
  ]);
});

describe('symbolic links', () => {
  test('within the folder are followed, out of it are refused', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'outside-'));
    try {
      await writeFile(join(outside, 'a.pipe.hbs'), PIPE);
      await writeFile(join(outside, 'set.yaml'), 'description: x');
      await written({ 's/set.yaml': 'description: x', 's/a.pipe.hbs': PIPE });
      await symlink(join(dir, 's/a.pipe.hbs'), join(dir, 's/b.pipe.hbs'));
      await symlink(join(dir, 's'), join(dir, 't'));
      expect(await readSets(dir)).toMatchObject({ ok: true });
      await symlink(join(outside, 'a.pipe.hbs'), join(dir, 's/c.pipe.hbs'));
      await symlink(outside, join(dir, 'u'));
      await symlink(join(dir, 'gone'), join(dir, 'v'));
      expect(messages(await readSets(dir)).map((text) => text.replace(dir, ''))).toEqual(
        ['/s/c.pipe.hbs', '/t/c.pipe.hbs', '/u', '/v'].map(
          (path) => `${path}: is a symbolic link that leads out of the folder or nowhere`,
        ),
      );
    } finally {
      await rm(outside, { recursive: true });
    }
  });
});

test('each set that comes with the product stands alone: only those that a tenant has are compiled', async () => {
  const folders = unwrap(await readFolders('datafiles-templates'));
  expect(folders.length).toBeGreaterThan(2);
  for (const folder of folders) expect(compileSets([folder])).toMatchObject({ ok: true });
});
