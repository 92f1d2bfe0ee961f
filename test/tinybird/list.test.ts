// A list that is read while it comes is what JSON.parse makes of the whole, however its text is cut, and whatever is wrong with it.
import { StringDecoder } from 'node:string_decoder';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { collectList, type Listed } from '../../src/tinybird/list.ts';
import fc from '../properties.ts';

const NAMES = ['list', 'items', 'other', 'li"st', ''];

/** Takes turns, so that a value is written in many ways. */
function taking<T>(choices: readonly [T, ...T[]]): () => T {
  let turn = 0;
  return () => choices[turn++ % choices.length] ?? choices[0];
}

type Member = readonly [name: string, value: unknown];

interface Writing {
  readonly space: () => string;
  readonly quoted: (text: string) => string;
}

function written(value: unknown, how: Writing): string {
  const { space, quoted } = how;
  const between = (parts: readonly string[]) => parts.join(`${space()},${space()}`);
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value))
    return `[${space()}${between(value.map((each) => written(each, how)))}${space()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return membersWritten(Object.entries(value), how);
}

function membersWritten(members: readonly Member[], how: Writing): string {
  const { space, quoted } = how;
  const each = members.map(([name, value]) => `${quoted(name)}${space()}:${space()}${written(value, how)}`);
  return `{${space()}${each.join(`${space()},`)}${space()}}`;
}

const escaped = (text: string): string =>
  `"${[...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`;

const some = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.array(arbitrary, { minLength: 1, maxLength: 5 }).map(([first, ...rest]): [T, ...T[]] => {
    if (first === undefined) throw new Error('empty');
    return [first, ...rest];
  });

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: fc.constantFrom('\\', '"', '[', ']', '{', '}', ',', 'ä', '✓', '😀', '\n') }),
);

/** Names may come twice. */
const answer = fc
  .record({
    members: fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.oneof(value, fc.array(value)))),
    spaces: some(fc.constantFrom('', ' ', '\n\t', '\r  ')),
    escapes: some(fc.boolean()),
  })
  .map(({ members, spaces, escapes }) => {
    const inEscapes = taking(escapes);
    const quoted = (text: string) => (inEscapes() ? escaped(text) : JSON.stringify(text));
    const space = taking(spaces);
    return `${space()}${membersWritten(members, { space, quoted })}${space()}`;
  });

const sizes = some(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 50 })));
const batch = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 }));
const whole = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 200 }), fc.constant(1_000_000));

interface Cut {
  /** Bytes of each piece, over and over. */
  readonly sizes: readonly [number, ...number[]];
  readonly batch: number;
  readonly whole: number;
}

function readInPieces(text: string, { sizes, ...cut }: Cut): Listed<unknown> {
  const collector = collectList({ member: 'list', otherwise: 'items', item: z.unknown() }, cut);
  const bytes = Buffer.from(text);
  const decoder = new StringDecoder('utf8');
  const size = taking(sizes);
  for (let at = 0; at < bytes.length; ) {
    const to = at + size();
    collector.add(decoder.write(bytes.subarray(at, to)));
    at = to;
  }
  collector.add(decoder.end());
  return collector.end();
}

function readWhole(text: string): unknown {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    return { form: 'not-json', beginning: text };
  }
  const list = z.object({ list: z.array(z.unknown()) }).safeParse(whole);
  if (list.success) return { form: 'list', items: list.data.list };
  const items = z.object({ items: z.array(z.unknown()) }).safeParse(whole);
  if (items.success) return { form: 'list', items: items.data.items };
  return { form: 'other', said: expect.stringMatching(/^(?:list|the whole): Invalid input: expected /) };
}

test('what comes in pieces is what the whole is', () => {
  fc.assert(
    fc.property(answer, sizes, batch, whole, (text, sizes, batch, whole) => {
      expect(readInPieces(text, { sizes, batch, whole })).toEqual(readWhole(text));
    }),
    { numRuns: 500 },
  );
});

test('also when characters are missing, or others, or too many', () => {
  const places = fc.array(fc.nat(), { minLength: 1, maxLength: 3 });
  const pieces = fc.constantFrom('', ',', '[', ']', '{', '}', '"', '\\', ':', '1', '[]', '],[', '},{');
  fc.assert(
    fc.property(
      answer,
      places,
      pieces,
      fc.boolean(),
      sizes,
      batch,
      whole,
      (text, places, piece, instead, sizes, batch, whole) => {
        // Half a pair of surrogates has no bytes.
        const spoilt = places
          .reduce((before, place) => {
            const at = place % (before.length + 1);
            return before.slice(0, at) + piece + before.slice(instead ? at + 1 : at);
          }, text)
          .toWellFormed();
        expect(readInPieces(spoilt, { sizes, batch, whole })).toEqual(readWhole(spoilt));
      },
    ),
    { numRuns: 1000 },
  );
});

test.each([
  ['{"list":[1,2,]}', 'not-json'],
  ['{"list":[1,,2]}', 'not-json'],
  ['{"list":[,1]}', 'not-json'],
  ['{"list":[,]}', 'not-json'],
  ['{"list":[1 2]}', 'not-json'],
  ['{"list":[1}', 'not-json'],
  ['{"list":[1],}', 'not-json'],
  ['{"list":[1', 'not-json'],
  ['{"list":[1]}\\', 'not-json'],
  ['{"list":[{"a":1]]}', 'not-json'],
  ['{"list":[1],"list":[2]}', 'list'],
  ['{"list":[1],"list":[]}', 'list'],
  ['{"list":[1],"list":null}', 'other'],
  ['{"li\\u0073t":[1]}', 'list'],
  ['{"list":{"list":[1]}}', 'other'],
  ['{"a":"list","b":[1]}', 'other'],
  ['["list",[1]]', 'other'],
  ['[{"list":[1]}]', 'other'],
  ['"list"', 'other'],
  ['', 'not-json'],
])('%s: %s', (text, form) => {
  for (const size of [1, 2, 100]) {
    for (const whole of [0, 1_000]) {
      const listed = readInPieces(text, { sizes: [size], batch: 1, whole });
      expect(listed).toEqual(readWhole(text));
      expect(listed.form).toBe(form);
    }
  }
});

test('no more than a batch, an item and a piece are held', () => {
  const items = Array.from({ length: 5_000 }, (_, i) => ({ i, text: 'x'.repeat(i % 100) }));
  const text = JSON.stringify({ before: [1], list: items, after: [2] });
  const collector = collectList(
    { member: 'list', item: z.object({ i: z.int() }) },
    { whole: 0, batch: 1_000 },
  );
  let most = 0;
  for (let at = 0; at < text.length; at += 100) {
    collector.add(text.slice(at, at + 100));
    most = Math.max(most, collector.held);
  }
  expect(most).toBeLessThan(1_000 + 200 + 100);
  expect(collector.end()).toEqual({ form: 'list', items: items.map(({ i }) => ({ i })) });
});

test('an item that is refused is named by its place in the whole list; the other member is taken instead', () => {
  const items = Array.from({ length: 100 }, (_, i) => ({ a: { b: i === 77 || i === 78 ? null : i } }));
  const item = z.object({ a: z.object({ b: z.int() }) });
  const read = (text: string, whole = 0) => {
    const collector = collectList({ member: 'list', otherwise: 'items', item }, { whole, batch: 30 });
    collector.add(text);
    return collector.end();
  };
  for (const whole of [0, 100_000])
    expect(read(JSON.stringify({ list: items }), whole)).toEqual({
      form: 'other',
      said: 'list.77.a.b: Invalid input: expected number, received null',
    });
  const others = [{ a: { b: 1 } }];
  expect(read(JSON.stringify({ list: items, items: others }))).toEqual({ form: 'list', items: others });
  expect(read(JSON.stringify({ items, list: others }))).toEqual({ form: 'list', items: others });
  expect(read(`${JSON.stringify({ list: items })}]`)).toMatchObject({ form: 'not-json' });
});

test('of what is no JSON, only the beginning is kept', () => {
  const collector = collectList({ member: 'list', item: z.unknown() });
  for (let i = 0; i < 100; i++) collector.add('x'.repeat(1024));
  expect(collector.end()).toEqual({ form: 'not-json', beginning: 'x'.repeat(64 * 1024) });
});
