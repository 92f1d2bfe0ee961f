// What the runner hides for a mask, and which outputs it drops, as https://github.com/actions/runner does it.

import { describe, expect, test } from 'vitest';
import fc from '../properties.ts';
import { dropped, formsIn, formsOf, masksIn, withoutMasks } from './runner.ts';

const FORMS: readonly (readonly [string, string, string])[] = [
  ['itself', 'blue-tree-7', 'blue-tree-7'],
  ['a quote in a command line', 'blue"tree', 'blue\\"tree'],
  ['a quote in an expression', "blue'tree", "blue''tree"],
  ['JSON', 'blue\\tree\t"7"', 'blue\\\\tree\\t\\"7\\"'],
  ['JSON of .NET', 'blue\u2028tree', 'blue\\u2028tree'],
  ['URI data', "blue tree/(7)!'*é", 'blue%20tree%2F%287%29%21%27%2A%C3%A9'],
  ['XML', `<blue & "tree's">`, '&lt;blue &amp; &quot;tree&apos;s&quot;&gt;'],
  ['without quotes around it', '"blue-tree"', 'blue-tree'],
  ['PowerShell, before the last ampersand', 'blue&tree&seven', 'blue&tree&'],
  ['PowerShell, after the last ampersand', 'blue&tree&sevens', 'sevens'],
  ['PowerShell, up to a plus', 'blue-&+tree&sevens', 'blue-&+'],
  ['PowerShell, after a plus and a letter', 'blue-&+tree&sevens', 'ree&sevens'],
  ['a line', ' blue-tree \r\nseven', 'blue-tree'],
  ['all lines', 'blue-tree\nseven', 'blue-tree\nseven'],
];

test.each(FORMS)('%s is hidden: %j', (_, mask, form) => {
  expect(formsOf(mask)).toContain(form);
});

test.each([
  ['short quotes', '"blue"', 'blue'],
  ['a short part', 'blue&tree', 'blue&'],
  ['a short part at the end', 'bluebell&tree', 'tree'],
])('%s is not: %j', (_, mask, form) => {
  expect(formsOf(mask)).not.toContain(form);
});

test('nothing but blanks is no mask', () => {
  expect([formsOf(''), formsOf(' \n ')]).toEqual([[], []]);
});

const text = fc.string({ unit: 'binary', minLength: 3, maxLength: 40 });
const TOKEN = 'p.eyJ1IjoiYSIsImlkIjoiYiIsImhvc3QiOiJjIn0.abcdefghijklmnopqrstuvwxyz-_0123456';

describe('base64', () => {
  test('a secret at the end of it is hidden, whatever comes before', () => {
    fc.assert(
      fc.property(text, text, (before, mask) => {
        fc.pre(mask.trim() !== '');
        const encoded = Buffer.from(before + mask).toString('base64');
        expect(formsOf(mask).some((form) => encoded.endsWith(form))).toBe(true);
      }),
    );
  });

  test('a token in the middle is not hidden by the runner, but found by us, in both alphabets', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const bytes = Buffer.from(`${before}${TOKEN}${after}`);
        for (const form of ['base64', 'base64url'] as const)
          expect(formsIn(bytes.toString(form), [TOKEN])).not.toEqual([]);
      }),
    );
    const middle = Buffer.from(`x:${TOKEN}0:y`).toString('base64');
    expect(formsOf(TOKEN).filter((form) => middle.includes(form))).toEqual([]);
  });
});

describe('an output', () => {
  const outputs = { changed: '["acme"]', 'token-ids': '{"acme":{"read":"7"}}', drift: 'false' };

  test('is dropped for a form of a secret anywhere in it', () => {
    const encoded = Buffer.from(`user:${TOKEN}`).toString('base64');
    const holding = { ...outputs, 'report-path': `a/${encoded}/b` };
    expect([dropped(outputs, [TOKEN]), dropped(holding, [TOKEN])]).toEqual([[], ['report-path']]);
  });

  test('is dropped for a bracket when JSON was masked over several lines', () => {
    expect(dropped(outputs, ['{\n  "acme": "secret"\n}'])).toEqual(['token-ids']);
    expect(dropped(outputs, ['{"acme":"secret"}'])).toEqual([]);
  });

  test('is dropped for an id that is also a secret of the workflow', () => {
    expect(dropped(outputs, ['acme'])).toEqual(['changed', 'token-ids']);
  });
});

test('masks are read from lines as the runner reads them, and are no part of the log', () => {
  const log = 'one\n  ::add-mask::a%0Ab\r\ntwo ##[add-mask]c\nthree ::add-mask::d\n::ADD-MASK ::e';
  expect(masksIn(log)).toEqual(['a\nb', 'c', 'e']);
  expect(withoutMasks(log)).toBe('one\nthree ::add-mask::d');
});
