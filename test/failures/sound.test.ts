// The check of every run can fail: what it says of runs that leak, forget an output or mask too much.
import { expect, test } from 'vitest';
import { OUTPUTS } from '../../src/report/outputs.ts';
import { flaws, type Written } from './sound.ts';

const TOKEN = 'p.eyJ1IjoiYSIsImlkIjoiYiIsImhvc3QiOiJjIn0.abcdefghijklmnopqrstuvwxyz-_0123456';
const ADMIN = 'p.eyJ1IjoiYSIsImlkIjoiZCIsImhvc3QiOiJjIn0.6543210_-zyxwvutsrqponmlkjihgfedcba';
const VALUES = { given: [ADMIN, "secret's"], tokens: [TOKEN, '~7'] };
const shifted = Buffer.from(`x:${TOKEN}`).toString('base64');

const sound: Written = {
  log: `This run applies\n::add-mask::${TOKEN}\ndone\n`,
  outputs: Object.fromEntries(Object.keys(OUTPUTS).map((name) => [name, '["acme"]'])),
  texts: { 'the summary': 'acme has a token' },
};
const { drift: _, ...without } = sound.outputs;

const RUNS: readonly (readonly [string, Partial<Written>, readonly string[]])[] = [
  ['nothing', {}, []],
  [
    'a log and an output with the value',
    { log: `${sound.log}token ${TOKEN}\n`, outputs: { ...sound.outputs, 'token-ids': shifted } },
    ['output token-ids would be dropped', 'the log holds a value', 'output token-ids holds a value'],
  ],
  ['a value before its mask', { log: `${TOKEN}\n${sound.log}` }, ['the log holds a value']],
  ['a value beside its mask', { log: `::add-mask::${TOKEN} \n` }, ['a mask is no value of a token']],
  [
    'base64 that the runner lets through',
    { outputs: { ...sound.outputs, drift: Buffer.from(`x:${TOKEN}:y`).toString('base64') } },
    ['output drift holds a value'],
  ],
  [
    'an input in a comment',
    { texts: { 'a comment': `?t=${encodeURIComponent(ADMIN)}&` } },
    ['a comment holds a value'],
  ],
  ['an input as an expression', { log: "secret''s" }, ['the log holds a value']],
  [
    'a token that nobody has listed',
    { texts: { 'the report': TOKEN.replace('.abc', '.xyz') } },
    ['the report holds a value'],
  ],
  ['no output', { outputs: without }, ['output drift is not set']],
  ['one too many', { outputs: { ...sound.outputs, tokens: '[]' } }, ['output tokens is not declared']],
  ['JSON as a mask', { log: `::add-mask::{"acme":"${TOKEN}"}\n` }, ['a mask is no value of a token']],
  [
    'JSON of several lines as a mask',
    { log: '::add-mask::[%0A"acme"%0A]\n', outputs: { ...sound.outputs, drift: 'false' } },
    [
      ...Object.keys(OUTPUTS)
        .filter((name) => name !== 'drift')
        .map((name) => `output ${name} would be dropped`),
      ...Object.keys(OUTPUTS)
        .filter((name) => name !== 'drift')
        .map((name) => `output ${name} holds a value`),
      'a mask is no value of a token',
    ],
  ],
  ['a short mask', { log: '::add-mask::~7\n' }, ['a mask is no value of a token']],
  ['an empty mask', { log: '::add-mask::\n' }, ['a mask is no value of a token']],
];

test.each(RUNS)('%s', (__, run, found) => {
  expect(flaws({ ...sound, ...run }, VALUES)).toEqual(found);
});
