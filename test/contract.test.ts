// The contract is written down five times: action.yml, the tables of inputs and of outputs, --help, and the README. They say the same.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { help } from '../src/help.ts';
import { INPUTS } from '../src/inputs.ts';
import { OUTPUTS } from '../src/report/outputs.ts';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');

interface Action {
  readonly inputs: Readonly<
    Record<string, { readonly description: string; readonly default: string; readonly required: boolean }>
  >;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
  readonly runs: Readonly<Record<string, string>>;
}
const action: Action = parse(read('action.yml'));

/** GitHub fills this one in; on the command line it comes from the environment. */
const GITHUB_TOKEN = '${{ github.token }}';
const defaultOf = (name: string, fallback: string): string =>
  name === 'github-token' ? GITHUB_TOKEN : fallback;

describe('action.yml', () => {
  test('inputs: names in order, defaults, descriptions', () => {
    const wanted = Object.entries(INPUTS).map(([name, input]) => [
      name,
      { description: input.help, required: false, default: defaultOf(name, input.default) },
    ]);
    expect(Object.entries(action.inputs)).toEqual(wanted);
  });

  test('outputs: names in order, descriptions', () => {
    const wanted = Object.entries(OUTPUTS).map(([name, description]) => [name, { description }]);
    expect(Object.entries(action.outputs)).toEqual(wanted);
  });

  test('runs on Node 24, and cleans up whatever happens', () => {
    const main = 'dist/index.cjs';
    expect(action.runs).toEqual({ using: 'node24', main, post: main, 'post-if': 'always()' });
  });
});

test('--help: every input but the command is a flag, with its description and its default', () => {
  const flags = [...help().matchAll(/^ {2}--(\S+) +(.*)$/gm)].map(([, name, text]) => [name, text]);
  const wanted = Object.entries(INPUTS)
    .filter(([name]) => name !== 'command')
    .map(([name, input]) => [name, input.help + (input.default === '' ? '' : ` (${input.default})`)]);
  expect(flags.slice(0, wanted.length)).toEqual(wanted);
  expect(flags.slice(wanted.length).map(([name]) => name)).toEqual([
    'json',
    'exit-code',
    'out',
    'reveal',
    'ttl',
    'generation',
    'exhaustive',
    'live',
    'help',
  ]);
});

/** Rows of the README's tables whose first cell is nothing but a backticked name; what stands before the name's table does not matter. */
const rows = read('README.md')
  .split('\n')
  .flatMap((line): { names: string[]; second: string }[] => {
    const [first = '', second = ''] = line
      .replace(/^\|/, '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    if (!line.startsWith('|') || !/^`[a-z-]+`(?:, `[a-z-]+`)*$/.test(first)) return [];
    return [{ names: [...first.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name ?? ''), second }];
  });

describe('README', () => {
  test.each(Object.entries(INPUTS))('the input %s stands in a table, with its default', (name, input) => {
    const fallback = defaultOf(name, input.default);
    const stated = rows.filter(({ names }) => names.includes(name)).map(({ second }) => second);
    // `plan-checksum` is an output too: the table of inputs comes first.
    const named = name in OUTPUTS ? stated.slice(0, 1) : stated;
    expect(named).toEqual([fallback === '' ? expect.stringMatching(/^[^`]*$/) : `\`${fallback}\``]);
  });

  test.each(Object.keys(OUTPUTS))('the output %s stands in a table', (name) => {
    const times = rows.filter(({ names }) => names.includes(name)).length;
    expect(times).toBe(name in INPUTS ? 2 : 1);
  });
});
