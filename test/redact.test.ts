// No value survives in any usual form, and no text from outside becomes a workflow command.

import { describe, expect, test } from 'vitest';
import { createDataRedactor, createRedactor, forLog, redactTexts } from '../src/redact.ts';
import { Secret } from '../src/secret.ts';
import fc from './properties.ts';

const redact = createRedactor([]);
/** Long enough for each of the three base64 alignments to keep a whole group; stars are what values are replaced by. */
const value = fc
  .string({ unit: 'grapheme', minLength: 8, maxLength: 80 })
  .filter((text) => !text.includes('*'));

const FORMS: Record<string, (text: string) => string> = {
  raw: (text) => text,
  json: (text) => JSON.stringify(text).slice(1, -1),
  'ascii json': (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  uri: encodeURIComponent,
  'lower-case uri': (text) => encodeURIComponent(text).replace(/%../g, (escaped) => escaped.toLowerCase()),
  form: (text) => new URLSearchParams([['', text]]).toString().slice(1),
};

describe('known values', () => {
  test.each(Object.entries(FORMS))('%s: gone, whatever stands around it', (_name, form) => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 4 }),
        fc.string(),
        fc.string(),
        (values, before, after) => {
          const clean = createRedactor(values.map((each) => new Secret(each)));
          const text = before + values.map(form).join(after) + after;
          for (const each of values) expect(clean(text)).not.toContain(form(each));
        },
      ),
    );
  });

  test('base64 of a text with a value in it: the value cannot be decoded from what is left', () => {
    fc.assert(
      fc.property(
        value,
        fc.string(),
        fc.string(),
        fc.constantFrom('base64', 'base64url'),
        (each, before, after, kind) => {
          const clean = createRedactor([new Secret(each)]);
          const encoded = Buffer.from(before + each + after).toString(
            kind === 'base64' ? 'base64' : 'base64url',
          );
          const left = clean(encoded);
          expect(left).toContain('***');
          expect(Buffer.from(left, 'base64').toString()).not.toContain(each);
          expect(left).not.toContain(encoded);
        },
      ),
    );
  });

  test('overlapping values leave no rest', () => {
    expect(createRedactor([new Secret('abcdef'), new Secret('defghi')])('-abcdefghi-')).toBe('-***-');
  });

  test('a value inside another leaves no rest', () => {
    expect(createRedactor([new Secret('abcdefghi'), new Secret('bcde')])('-abcdefghi-')).toBe('-***-');
  });

  test('values that begin alike are told apart', () => {
    const clean = createRedactor([new Secret('p.short'), new Secret('p.short-and-more')]);
    expect(clean('p.short-and-more p.short p.sho')).toBe('*** *** p.sho');
  });

  test('text without a value stays as it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z ,\n]*$/), (text) => {
        expect(createRedactor([new Secret('SECRET-VALUE')])(text)).toBe(text);
      }),
    );
  });

  test('an empty or tiny value does not blank the text', () => {
    expect(createRedactor([new Secret(''), new Secret('a')])('a banana')).toBe('a banana');
  });

  test('ten thousand values of one workspace in a long text: linear, not one pass each', () => {
    const common = `p.${Buffer.from('{"u":"11111111-2222-4333-8444-555555555555","id":"').toString('base64url')}`;
    const values = Array.from({ length: 10_000 }, (_, i) => `${common}${i}.signature${i}`);
    const clean = createRedactor(values.map((each) => new Secret(each)));
    expect(clean(values.join(' '))).toBe(values.map(() => '***').join(' '));
  });
});

describe('token shapes', () => {
  test.each([
    ['Tinybird', 'with p.eyJ1IjoiMSJ9.abc-DEF_123 inside', 'with *** inside'],
    ['JWT', 'jwt=eyJhbGciOiJIUzI1NiJ9.eyJuYW1lIjoieCJ9.s1g-n4_t', 'jwt=***'],
    ['unsigned JWT', '"eyJhbGciOiJub25lIn0.eyJuYW1lIjoieCJ9."', '"***"'],
    ['query', 'GET /v0/pipes?token=abc&from=x', 'GET /v0/pipes?token=***&from=x'],
    ['encoded query', 'next=%2Fv0%3Ftoken%3Dabcdef', 'next=%2Fv0%3Ftoken%3D***'],
    ['header', 'Authorization: Bearer s3cret, next', 'Authorization: Bearer ***, next'],
    ['header, lower case', '{"authorization":"bearer s3cret"}', '{"authorization":"bearer ***"}'],
    ['GitHub', 'ghp_0123456789abcdef ghs_0123456789abcdef gho_0123456789', '*** *** ***'],
    ['GitHub, fine-grained', 'xgithub_pat_11ABCDEFG_0123456789', 'x***'],
    ['Python bytes', "Invalid token b'notreal': ", "Invalid token b'***': "],
    ['Python bytes in double quotes', 'Invalid token b"it\'s"', 'Invalid token b"***"'],
    ['Python bytes in JSON', '{"error": "token b\\"notreal\\""}', '{"error": "token b\\"***\\""}'],
    ['proxy', 'http://me:pass@proxy.example:3128/', 'http://***@proxy.example:3128/'],
  ])('%s', (_name, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  test.each([
    'SELECT p.id, p.day.x FROM pipes p',
    'Pipe usage.pipe is not valid: column a.b.c is unknown',
    "DB::Exception: tab'x' is not a table",
    'https://api.tinybird.co/v0/pipes',
    'the token is missing',
  ])('not a token: %s', (text) => {
    expect(redact(text)).toBe(text);
  });
});

describe('forLog', () => {
  /** As the runner reads lines and finds commands in them. */
  const commands = (text: string) =>
    text.split(/\r\n|\r|\n/).filter((line) => line.trim().startsWith('::') || line.includes('##['));

  const hostile = fc
    .array(
      fc.constantFrom(
        '::',
        ':',
        '##[',
        '#',
        '[',
        '%0A',
        '%0d',
        '%',
        '0a',
        '\r',
        '\n',
        ' ',
        '\t',
        '\u00a0',
        '\u2028',
        '\u200b',
        '\ufeff',
        '\x1b',
        '\0',
        'set-env',
        ']',
        'x',
      ),
    )
    .map((parts) => parts.join(''));

  test('no line of it is a command, and nothing in it becomes a line end', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (text) => {
        const safe = forLog(text);
        expect(commands(safe)).toEqual([]);
        expect(safe).not.toMatch(/%0[ad]/i);
        expect(safe).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  test('twice is the same as once', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(forLog(forLog(text))).toBe(forLog(text));
      }),
    );
  });

  test('what is harmless stays', () => {
    const text = 'SELECT x::String, 100% of %20\n\tFROM t -- Größe ✓';
    expect(forLog(text)).toBe(text);
  });

  test.each([
    ['::set-env name=A::b', ': :set-env name=A::b'],
    ['ok\r  ::add-path::/x', 'ok\n  : :add-path::/x'],
    ['x ##[group]y', 'x ## [group]y'],
    ['x%0A::warning::y', 'x% 0A::warning::y'],
    ['\x1b[31mred\u202e', '\\u{1b}[31mred\\u{202e}'],
  ])('%j', (text, expected) => {
    expect(forLog(text)).toBe(expected);
  });
});

describe('what a program reads again', () => {
  test('loses values, and nothing that stands around them', () => {
    const data = createDataRedactor([new Secret('odd-value/1')]);
    const ledger = { 'of b': ['acme b', 'token=abc', 'Bearer x'], p: ['p.abcdefgh.abcdefgh', 'odd-value/1'] };
    expect(JSON.parse(data(JSON.stringify(ledger)))).toEqual({ ...ledger, p: ['***', '***'] });
  });

  test('texts in a value, before they are cut or escaped; short words of ours stay', () => {
    const value = 'hunter2hunter2';
    const clean = createRedactor([new Secret(value), new Secret('apply')]);
    const said = `the server did not take ${value}`;
    const report = {
      mode: 'apply',
      none: null,
      rows: 7,
      notes: [said],
      deep: new Map([[said, new Set([{ said }])]]),
    };
    const gone = 'the server did not take ***';
    expect(redactTexts(report, clean)).toEqual({
      ...report,
      notes: [gone],
      deep: new Map([[gone, new Set([{ said: gone }])]]),
    });
  });

  test('what holds nothing to hide stays the same object, and what two hold in common stays one', () => {
    const clean = createRedactor([new Secret('SECRET-VALUE')]);
    const plain = { words: ['nothing that anybody would have to hide'], by: new Map([['a', new Set([1])]]) };
    const told = { said: 'the server did not take SECRET-VALUE' };
    const report = { plain, told, also: [told] };
    const shown = redactTexts(report, clean);
    expect(shown.plain).toBe(plain);
    expect(shown.told).toEqual({ said: 'the server did not take ***' });
    expect(shown.also[0]).toBe(shown.told);
  });

  test('a value is found where it begins inside the beginning of another', () => {
    expect(createRedactor([new Secret('aaab'), new Secret('aabcdef')])('-aaabcdef-')).toBe('-***-');
  });
});
