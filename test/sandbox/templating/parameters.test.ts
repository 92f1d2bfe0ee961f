// What a node declares and what is wrong with its template before any request comes.
import { describe, expect, test } from 'vitest';
import { checkTemplate, parametersOf } from '../../../src/sandbox/templating/parameters.ts';
import { templateParameters } from '../../../src/sandbox/templating/reserved.ts';

const sql = `%
SELECT * FROM t
WHERE a = {{String(a, 'x', description='The a', required=False, enum=['x', 'y'])}}
{% if defined(b) and Int32(b) > 1 %} AND b = {{Int32(b)}} {% end %}
{% set c = 'fixed' %} AND c = {{String(c)}}
{% for d in Array(ds, 'Int64', default='1,2') %} OR {{d}} {% end %}
AND e < {{Float64(e, default=1.5)}} AND f = {{Boolean(f, True)}}
LIMIT {{Int32(limit, 10)}}`;

describe('parametersOf', () => {
  test('gives every declared parameter once, in order', () => {
    const plain = { description: null };
    expect(parametersOf(sql)).toEqual([
      { name: 'a', type: 'String', description: 'The a', required: false, default: 'x', enum: ['x', 'y'] },
      { ...plain, name: 'b', type: 'Int32', required: true, default: null },
      { ...plain, name: 'ds', type: 'Array(Int64)', required: false, default: '1,2' },
      { ...plain, name: 'e', type: 'Float64', required: false, default: 1.5 },
      { ...plain, name: 'f', type: 'Boolean', required: false, default: true },
      { ...plain, name: 'limit', type: 'Int32', required: false, default: 10 },
    ]);
  });

  test.each([['SELECT {{String(a)}}'], ['%\nSELECT {{String(a'], ['%\nSELECT 1']])('none in %j', (text) => {
    expect(parametersOf(text)).toEqual([]);
  });
});

describe('checkTemplate', () => {
  test.each([
    ['SELECT 1', [], 'SELECT 1'],
    [
      "%\nSELECT {{columns(c)}}, {{column(d)}}, {{split_to_array(l)}} WHERE x IN {{Array(a, 'Int8')}} AND {{sql_and(k=String(k))}}",
      [],
      "SELECT *, `__no_value__`, [''] WHERE x IN [toInt8('0')] AND 1",
    ],
    ['%\nSELECT {{String(a)}}, {{Int32(n)}}, {{Date(d)}}', [], "SELECT '', toInt32('0'), '2019-01-01'"],
    ["%\nSELECT 1 {% if not defined(t) %}{{error('t is needed')}}{% end %}", [], 'SELECT 1'],
    ["%\nSELECT {{tb_secret('LATER')}}", [], "SELECT ''"],
    ['%\nSELECT {{String(x', ['Template Syntax Error: line 2: Missing end }} of {{'], null],
    [
      '%\nSELECT 1 {% if defined(x) %}{{Strng(x)}}{% end %}',
      ["Template Syntax Error: 'Strng' is not a function of the template language"],
      'SELECT 1',
    ],
    [
      '%\nSELECT {{String(q)}}',
      ["Template Syntax Error: The parameter name 'q' is reserved. Please use another name."],
      "SELECT ''",
    ],
    [
      '%\nSELECT {{Int32(max, 1)}}',
      ["Template Syntax Error: The parameter name 'max' is reserved. Please use another name."],
      "SELECT toInt32('1')",
    ],
    ['%\nSELECT {{String(format)}}, {{String(id)}}', [], "SELECT '', ''"],
    [
      "%\nSELECT {{Int32(n, 'many')}}",
      ["Template Syntax Error: Error validating 'many' to type Int32"],
      null,
    ],
  ])('%j', (text, problems, rendered) => {
    expect(checkTemplate(text)).toEqual({ problems, sql: rendered });
  });
});

test('what the API takes for itself never reaches a template', () => {
  const params = new Map([
    ['q', 'SELECT 1'],
    ['token', 't'],
    ['from', 'ts-sdk'],
    ['tenant', 'acme'],
    ['format', 'x'],
  ]);
  expect([...templateParameters(params)]).toEqual([
    ['tenant', 'acme'],
    ['format', 'x'],
  ]);
});
