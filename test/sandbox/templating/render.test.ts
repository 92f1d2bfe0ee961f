// Tinybird's template language, row by row: text, request parameters, and the SQL or the error that comes out.

import { describe, expect, test } from 'vitest';
import { SandboxError } from '../../../src/sandbox/state.ts';
import { renderSql } from '../../../src/sandbox/templating/render.ts';
import fc from '../../properties.ts';

type Params = Readonly<Record<string, string>>;
const secrets = new Map([['KEY', "s'cret"]]);
const render = (template: string, params: Params = {}): string =>
  renderSql(`%\n${template}`, new Map(Object.entries(params)), { secrets }).sql;

const rendered: readonly (readonly [template: string, params: Params, sql: string])[] = [
  // Type functions
  ['{{String(a)}}', { a: 'x' }, "'x'"],
  ['{{ String( a ) }}', { a: 'x' }, "'x'"],
  ["{{String(a, 'd')}}", {}, "'d'"],
  ["{{String(a, default='d')}}", {}, "'d'"],
  ["{{String(a, 'd', description='what {{it}} is', required=True, example='e')}}", { a: 'x' }, "'x'"],
  ['{{String(a)}}', { a: '' }, "''"],
  ['{{String(a)}}', { a: "o'brien\\" }, "'o\\'brien\\\\'"],
  ['{{String(a)}}', { a: '50%`' }, "'50\\%\\`'"],
  ['{{String(a)}}', { a: 'a\nb\0c' }, "'a\\nb\\0c'"],
  ['{{String(a)}}', { a: '{{String(b)}}{% end %}' }, "'{{String(b)}}{\\% end \\%}'"],
  ["{{sql_unescape(String(a, '%@x.com'), '%')}}", {}, "'%@x.com'"],
  ["{{sql_unescape(String(a), '%\\'')}}", { a: "\\%'" }, "'\\\\%\\''"],
  ['{{Int32(n, 5)}}', {}, "toInt32('5')"],
  ['{{Int32(n)}}', { n: '-7' }, "toInt32('-7')"],
  ['{{UInt64(n)}}', { n: '18446744073709551615' }, "toUInt64('18446744073709551615')"],
  ['{{UInt64(n, 18446744073709551615)}}', {}, "toUInt64('18446744073709551615')"],
  ['{{Int256(n)}}', { n: `${2n ** 200n}` }, `toInt256('${2n ** 200n}')`],
  ['{{Int(n, 10)}}', {}, '10'],
  ['{{Integer(n)}}', { n: '+007' }, '7'],
  ['{{Float64(f)}}', { f: '1.2' }, "toFloat64('1.2')"],
  ['{{Float32(f, 1.0)}}', {}, "toFloat32('1')"],
  ['{{Boolean(b, True)}}', {}, 'true'],
  ['{{Boolean(b)}}', { b: '0' }, 'false'],
  ['{{Date(d)}}', { d: '20260131' }, "'20260131'"],
  ['{{Date(d)}}', { d: '2026-01-31' }, "'2026-01-31'"],
  ["{{DateTime(d, '2026-01-31 10:00:00')}}", {}, "'2026-01-31 10:00:00'"],
  ['{{DateTime64(d)}}', { d: '2026-01-31 10:00:00.123' }, "'2026-01-31 10:00:00.123'"],
  ['{{UUID(u)}}', { u: '11111111-2222-4333-8444-555555555555' }, "'11111111-2222-4333-8444-555555555555'"],
  ["{{Array(a, 'Int32')}}", { a: '1,2' }, "[toInt32('1'), toInt32('2')]"],
  ["{{Array(a, 'String', default='x,y')}}", {}, "['x', 'y']"],
  ["{{Array(colors, 'black')}}", {}, "['black']"],
  ["{{Array(a, 'String', 'p,q')}}", { a: "it's" }, "['it\\'s']"],
  ['{{Array(a)}}', { a: '' }, '[]'],
  ["{{String(a, enum=['x','y'])}}", { a: 'y' }, "'y'"],
  ['{{JSON(j)}}', { j: '{"a":1}' }, '\'{"a":1}\''],
  ["{{JSON(j)['a'][1]}}", { j: '{"a":["x","y"]}' }, "'y'"],
  // Identifiers
  ['{{column(c)}}', { c: 'price' }, '`price`'],
  ["{{column(c, 'n')}}", {}, '`n`'],
  ['{{Column(c)}}', { c: 'a.b' }, '`a`.`b`'],
  ["{{symbol(s, 'x')}}", {}, '`x`'],
  ["{{columns(c, 'a,b')}}", {}, '`a`, `b`'],
  ["{{columns(c, 'a,b', fn='max')}}", { c: 'z' }, 'max(`z`) AS `z`'],
  ['SELECT * FROM {{table(t)}}', { t: 'events' }, 'SELECT * FROM `events`'],
  ["{{TABLE('events')}}", {}, '`events`'],
  // Conditions
  ['{% if defined(x) %}A{% else %}B{% end %}', {}, 'B'],
  ['{% if defined(x) %}A{% else %}B{% end %}', { x: '' }, 'A'],
  ['{% if not defined(x) and True %}A{% end %}', {}, 'A'],
  ["{% if x == 'a' %}1{% elif x == 'b' %}2{% else %}3{% end %}", { x: 'b' }, '2'],
  ["{% if x == 'a' %}1{% elif x == 'b' %}2{% else %}3{% end %}", {}, '3'],
  ['{% if Int32(n, 3) > 2 %}many{% else %}few{% end %}', {}, 'many'],
  ['{% if n == 1 %}number{% else %}text{% end %}', { n: '1' }, 'text'],
  ['{% if Int(n) == 1 %}number{% else %}text{% end %}', { n: '1' }, 'number'],
  ["{% if x in ['a', 'b'] %}in{% end %}", { x: 'a' }, 'in'],
  ["{% if x not in ('a', 'b') %}out{% end %}", { x: 'c' }, 'out'],
  ['{% if x is None %}none{% end %}', {}, 'none'],
  ["{{String(a) if defined(a) else 'n'}}", {}, "'n'"],
  ['{{1 + 2 * 3 - 4 // 3}}', {}, '6'],
  ["{{ {'a': 'x', 'b': {'c': 1}}['a'] }}", {}, "'x'"],
  // Loops and variables
  ["{% set x = 'v' %}{{x}}", { x: 'request' }, "'v'"],
  ['{% set n = 1 %}{% set n += 2 %}{{n}}', {}, '3'],
  ["{% for c in ['a','b'] %}{{c}},{% end %}", {}, "'a','b',"],
  ["{% for c in Array(cs, 'String', default='a,b') %}{{symbol(c)}} {% end %}", {}, '`a` `b`'],
  [
    "{% for last, c in enumerate_with_last(split_to_array(cs, 'x,y')) %}sum({{symbol(c)}}){% if not last %}, {% end %}{% end %}",
    {},
    'sum(`x`), sum(`y`)',
  ],
  ["{{split_to_array(a, separator='|')}}", { a: 'p | q' }, "['p', 'q']"],
  [
    '{% for i in range(5) %}{% if i == 1 %}{% continue %}{% end %}{% if i == 3 %}{% break %}{% end %}{{i}};{% end %}',
    {},
    '0;2;',
  ],
  ['{% set i = 0 %}{% while i < 3 %}{{i}}{% set i = i + 1 %}{% end %}', {}, '012'],
  ["{{','.join(split_to_array(a))}}", { a: 'x,y' }, "'x,y'"],
  // Conditions in SQL, dates, secrets, hints
  [
    "{{sql_and(event__in=Array(e, 'String'), n__gte=Int32(n), t=String(t))}}",
    { e: 'a,b', t: 'x' },
    "`event` IN ['a', 'b'] AND `t` = 'x'",
  ],
  ["{{sql_and(event__in=Array(e, 'String'))}}", {}, '1'],
  ["{{date_diff_in_seconds('2026-01-01 00:00:10', '2026-01-01 00:00:00')}}", {}, '10'],
  ["{{date_diff_in_hours('2026-01-02', '2026-01-01 00:00:00', backup_date_format='%Y-%m-%d')}}", {}, '24'],
  [
    "{{date_diff_in_seconds('2026-01-01T00:00:01.5Z', '2026-01-01T00:00:00.0Z', date_format='%Y-%m-%dT%H:%M:%S.%fz')}}".replace(
      '%fz',
      '%f%z',
    ),
    {},
    '1',
  ],
  ['{{day_diff(String(a), String(b))}}', { a: '2026-03-01', b: '2026-02-01' }, '28'],
  ["{% if date_diff_in_days('x', 'y', none_if_error=True) is None %}bad{% end %}", {}, 'bad'],
  ["{{tb_secret('KEY')}}", {}, "'s\\'cret'"],
  ["{{tb_var('NONE', 'd')}}", {}, "'d'"],
  ['SELECT 1 {{max_threads(2)}}{{cache_ttl("5s")}}{{backend_hint("x")}}', {}, 'SELECT 1'],
  // Python's small functions and methods
  ['{{len(split_to_array(a))}}{{len("xy")}}', { a: 'x,y,z' }, '32'],
  ['{{int(a) + float(b) - abs(0 - 1)}}', { a: '4.9', b: '0.5' }, '3.5'],
  ['{{min(3, 1)}}{{max([1, 2])}}{{max("a", "b")}}', {}, "12'b'"],
  ['{% for i, x in enumerate(["a", "b"]) %}{{i}}{{x}}{% end %}', {}, "0'a'1'b'"],
  ["{{JSON(j).get('a', 'none')}}{{JSON(j).get('b', 'none')}}", { j: '{"a":1}' }, "1'none'"],
  ['{% for k, v in JSON(j).items() %}{{column(k)}} = {{v}}{% end %}', { j: '{"a":"x"}' }, "`a` = 'x'"],
  ["{{a.strip().lower().replace('b', 'c')}}", { a: ' AB ' }, "'ac'"],
  ["{% if a.startswith('x') and not a.endswith('x') %}yes{% end %}", { a: 'xy' }, 'yes'],
  ['{{str(1) + "a"}}{{-Int(n)}}{{7 % 4}}{{"b" > "a"}}', { n: '2' }, "'1a'-23true"],
  // Text
  ['SELECT 1 {# {{nothing(} #}', {}, 'SELECT 1'],
  ['SELECT 1{% comment anything %}', {}, 'SELECT 1'],
  ["SELECT '{{!x}} {%!'", {}, "SELECT '{{x}} {%'"],
  ["SELECT a % 2, '}' FROM t", {}, "SELECT a % 2, '}' FROM t"],
  ["{{String(a, '}} %}')}}", {}, "'}} \\%}'"],
];

test.each(rendered)('%s with %j', (template, params, sql) => {
  expect(render(template, params)).toBe(sql);
});

test('text without a line % is SQL as it is', () => {
  const sql = 'SELECT {{String(a)}} AS x';
  expect(renderSql(sql, new Map(), { secrets })).toEqual({ sql, used: [] });
});

test('says which parameters it looked at', () => {
  const result = renderSql(
    '%\n{{String(a)}}{% if defined(b) %}{{String(c)}}{% end %}',
    new Map([['a', '1']]),
    { secrets },
  );
  expect(result.used).toEqual(['a', 'b']);
});

const required = (names: string) =>
  `Template Syntax Error: Required parameter is not defined. Check the ${names}. Please provide a value or set a default value in the pipe code.`;

const refused: readonly (readonly [template: string, params: Params, message: string | RegExp])[] = [
  ['{{String(a)}}', {}, required('parameter a')],
  ['{{String(a)}} {{Int32(b)}} {{c}}', {}, required('parameters a, b and c')],
  ['{% for x in split_to_array(a) %}{{x}}{% end %}', {}, required('parameter a')],
  ['{{column(c)}}, {{columns(d)}}, {{symbol(e)}}', {}, required('parameters c, d and e')],
  ['{{JSON(j)}}', {}, required('parameter j')],
  ['{{date_diff_in_days(a, b)}}', { b: '2026-01-01' }, required('parameter a')],
  ['{{Int32(n) + 1}}', {}, required('parameter n')],
  ["{{a['x']}}", {}, required('parameter a')],
  ['{{a.upper()}}', {}, required('parameter a')],
  ['{{table(t)}}', {}, required('parameter t')],
  ['{{Int32(n)}}', { n: '5; drop' }, "Template Syntax Error: Error validating '5; drop' to type Int32"],
  ['{{Int8(n)}}', { n: '128' }, "Template Syntax Error: Error validating '128' to type Int8"],
  ['{{UInt8(n)}}', { n: '-1' }, "Template Syntax Error: Error validating '-1' to type UInt8"],
  ['{{Int(n)}}', { n: '1.5' }, "Template Syntax Error: Error validating '1.5' to type Int"],
  ['{{Float64(n)}}', { n: 'nan' }, "Template Syntax Error: Error validating 'nan' to type Float64"],
  ['{{Date(d)}}', { d: '2026-13-01' }, "Template Syntax Error: Error validating '2026-13-01' to type Date"],
  ['{{DateTime(d)}}', { d: 'now()' }, "Template Syntax Error: Error validating 'now()' to type DateTime"],
  ['{{UUID(u)}}', { u: 'x' }, "Template Syntax Error: Error validating 'x' to type UUID"],
  ['{{column(c)}}', { c: 'a` FROM b' }, "Template Syntax Error: Error validating 'a` FROM b' to type Column"],
  [
    '{{table(t)}}',
    { t: 'system.tables' },
    "Template Syntax Error: Error validating 'system.tables' to type Table",
  ],
  ["{{String(a, enum=['x','y'])}}", { a: 'z' }, /^Template Syntax Error: Error validating 'z'/],
  ["{{Array(a, 'Int32')}}", { a: '1,x' }, "Template Syntax Error: Error validating 'x' to type Int32"],
  ['{{JSON(j)}}', { j: '{' }, "Template Syntax Error: Error validating '{' to type JSON"],
  ["{{error('tenant is needed')}}", {}, 'tenant is needed'],
  ['{{None}}', {}, 'Template Syntax Error: expression "None" evaluated to null'],
  ["{{tb_secret('NONE')}}", {}, /^Template Syntax Error: Cannot access secret 'NONE'/],
  ['{{Strng(a)}}', { a: 'x' }, "Template Syntax Error: 'Strng' is not a function of the template language"],
  ['{{a.__class__}}', { a: 'x' }, 'Template Syntax Error: attributes cannot be read'],
  [
    "{{a.constructor('x')}}",
    { a: 'x' },
    "Template Syntax Error: 'constructor' is not a method of the template language",
  ],
  ['{{constructor}}', {}, required('parameter constructor')],
  ['{% if x %}a', {}, 'Template Syntax Error: line 2: Missing {% end %} block for {% if x %}'],
  ['a{% end %}', {}, 'Template Syntax Error: line 2: Extra {% end %} block'],
  ['a{% else %}', {}, 'Template Syntax Error: line 2: Extra {% else %} block'],
  ['{% if x %}{% else %}{% elif y %}{% end %}', {}, /after \{% else %\}/],
  ['{{ }}', {}, 'Template Syntax Error: line 2: Empty expression'],
  ['\n{{String(a', {}, 'Template Syntax Error: line 3: Missing end }} of {{'],
  ['{{String(a b)}}', {}, /^Template Syntax Error: line 2: invalid syntax in "String\(a b\)"/],
  ["{{String(a,, 'b')}}", {}, /invalid syntax/],
  ['{{a | upper}}', { a: 'x' }, /invalid syntax/],
  ['{{a[0:1]}}', { a: 'x' }, /invalid syntax/],
  ['{% import os %}', {}, "Template Syntax Error: line 2: unknown operator: 'import'"],
  ['{% while True %}x{% end %}', {}, 'Template Syntax Error: more than 10000 steps in loops'],
  ['{{range(100000000)}}', {}, 'Template Syntax Error: range of more than 10000 numbers'],
  ['{{1 // 0}}', {}, 'Template Syntax Error: division by zero'],
  [`{{${'('.repeat(20_000)}1${')'.repeat(20_000)}}}`, {}, /^Template Syntax Error: /],
];

describe('errors', () => {
  test.each(refused)('%s with %j', (template, params, message) => {
    const error = thrown(() => render(template, params));
    expect(error.status).toBe(400);
    expect(error.message).toMatch(message);
    expect(error.body.error).toBe(error.message);
  });

  test('custom_error gives its status and its object, nothing else', () => {
    const error = thrown(() => render("{{custom_error({'code': 7, 'why': ['a', None]}, 404)}}"));
    expect({ status: error.status, body: error.body }).toEqual({
      status: 404,
      body: { code: 7, why: ['a', null] },
    });
  });

  test('custom_error is 400 unless it says so', () => {
    const error = thrown(() => render("{{custom_error({'error': 'no'})}}"));
    expect({ status: error.status, body: error.body }).toEqual({ status: 400, body: { error: 'no' } });
  });
});

function thrown(run: () => unknown): SandboxError {
  try {
    run();
  } catch (error) {
    if (error instanceof SandboxError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The tokens of SQL with every literal blanked: what must not depend on a value. */
function shape(sql: string): string {
  const token = /'(?:[^'\\]|\\[\s\S])*'|`(?:[^`\\]|\\[\s\S])*`|[A-Za-z_]\w*|\d+(?:\.\d+)?|\s+|[\s\S]/g;
  return (sql.match(token) ?? [])
    .map((part) => (part.startsWith("'") && part.length > 1 && part.endsWith("'") ? '?' : part))
    .join('');
}

const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      "'",
      '\\',
      '"',
      '`',
      '\0',
      '\n',
      ';',
      '-',
      '/',
      '*',
      '{',
      '}',
      '%',
      '#',
      '(',
      ')',
      'é',
      '\u2028',
      '\ud800',
      ',',
    ),
  }),
  fc.constantFrom(
    "' OR 1=1 --",
    "\\' OR 1=1 --",
    '{{tb_secret("KEY")}}',
    "') UNION ALL SELECT 1 --",
    '\\',
    "''",
  ),
);

describe('no parameter value changes the shape of the SQL', () => {
  test.each([
    ["SELECT {{String(a)}} AS x, '%' FROM t WHERE y = {{String(a, 'b')}} -- {{String(a)}}"],
    ["SELECT {{sql_unescape(String(a), '%')}}, {{a}}, {{a + a}}"],
    ['SELECT {{sql_and(c=String(a))}} AND {{JSON(j)}}'],
    ['{% set b = a.upper() %}SELECT {{b}}, {{tb_secret("KEY", a)}}'],
  ])('%s', (template) => {
    const expected = shape(render(template, { a: 'x', j: '"x"' }));
    fc.assert(
      fc.property(nasty, (a) => {
        expect(shape(render(template, { a, j: JSON.stringify(a) }))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('a list of any values stays a list of literals', () => {
    fc.assert(
      fc.property(nasty, (a) => {
        expect(shape(render("{{Array(a, 'String')}}", { a }))).toMatch(/^\[(\?(, \?)*)?\]$/);
      }),
    );
  });

  test('other types give the same shape or an error', () => {
    const types = [
      'Int',
      'Int32',
      'UInt64',
      'Float64',
      'Date',
      'DateTime',
      'DateTime64',
      'UUID',
      'Boolean',
      'Column',
      'Symbol',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...types), nasty, (type, a) => {
        let sql: string;
        try {
          sql = render(`{{${type}(a)}}`, { a });
        } catch (error) {
          expect(error).toBeInstanceOf(SandboxError);
          return;
        }
        expect(shape(sql)).toMatch(/^(-?\d+|to\w+\(\?\)|\?|true|false|`\w+`(\.`\w+`)*)$/);
      }),
      { numRuns: 500 },
    );
  });
});
