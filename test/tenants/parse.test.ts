// What a list gives, and every problem it can have, with its place.
import { describe, expect, test } from 'vitest';
import { readProblem } from '../../src/errors.ts';
import type { TextFormat } from '../../src/tenants.ts';
import { parse } from './text.ts';

const HEAD = 'fleet: usage\ndefaults: { template: t }\n';
function problems(text: string, format: TextFormat = 'yaml'): string[] {
  const result = parse(text, format);
  return result.ok ? [] : result.problems.map((problem) => readProblem(problem).replace(/^list:/, ''));
}
/** Problems of a list whose tenants begin in line 4. */
const ofTenants = (text: string) => problems(`${HEAD}tenants:\n${text}`);

function only(tenant: string) {
  const result = parse(`${HEAD}tenants:\n${tenant}`);
  if (!result.ok) throw new Error(result.problems.map(readProblem).join('\n'));
  return result.value.tenants[0];
}

describe('what is read', () => {
  test.each([
    ['007', '007', 'tenant_007'],
    ['1e3', '1e3', 'tenant_1e3'],
    ['true', 'true', 'true'],
    ['null', 'null', 'null'],
    ['0x1F', '0x1F', 'tenant_0x1f'],
    ['1', '1', 'tenant_1'],
    ['12345678901234567890', '12345678901234567890', 'tenant_12345678901234567890'],
    ['2024-01-01', '2024-01-01', 'tenant_2024_01_01'],
    ['Globex-Corp', 'Globex-Corp', 'globex_corp'],
    ['_x', '_x', 'tenant__x'],
    ['__proto__', '__proto__', 'tenant___proto__'],
    ['constructor', 'constructor', 'constructor'],
    ['İstanbul', 'İstanbul', 'tenant__stanbul'],
    ['"a\\\\b{{tb_secret(\\"x\\")}}"', 'a\\b{{tb_secret("x")}}', 'a_b__tb_secret__x____'],
  ])('the id %s', (written, id, slug) => {
    expect(only(`  - id: ${written}\n`)).toMatchObject({ id, slug });
  });

  test.each([
    ['365', 365],
    ['-1.50', -1.5],
    ['1e3', 1000],
    ['007', '007'],
    ['+5', '+5'],
    ['12345678901234567890', '12345678901234567890'],
    ['9007199254740991', 9007199254740991],
    ['1e999', '1e999'],
    ['"5"', '5'],
    ['!!str 5', '5'],
    ['True', true],
    ['no', 'no'],
    ['""', ''],
    ['|\n        two\n        lines', 'two\nlines\n'],
    ['[a, 1, "1"]', ['a', 1, '1']],
    ['[]', []],
  ])('the value %s', (written, value) => {
    expect(only(`  - id: a\n    vars:\n      x: ${written}\n`)?.vars).toEqual({ x: value });
  });

  test('defaults, and variables without a prototype', () => {
    const result = parse(
      'fleet: f\nworkspace: 1\ndefaults:\n  template: t\n  vars: { constructor: 1, x: 1 }\ntenants:\n  - id: a\n    vars: { x: 2 }\n  - id: b\n',
    );
    expect(result).toMatchObject({ ok: true, value: { name: 'f', workspace: '1' } });
    const [a, b] = result.ok ? result.value.tenants : [];
    expect({ ...a?.vars }).toEqual({ constructor: 1, x: 2 });
    expect({ ...b?.vars }).toEqual({ constructor: 1, x: 1 });
    expect([a, b].map((tenant) => Object.getPrototypeOf(tenant?.vars))).toEqual([null, null]);
  });

  test('ordinary and other tenants stay in order, each in its place', () => {
    const text = `${HEAD}tenants:\n  - id: a\n  -\n    id: "\\x62"\n  # c\n\n  - id: c\n  - {id: d}\n  - id: e\n`;
    const result = parse(text);
    expect(result.ok && result.value.tenants.map(({ id, at }) => `${id} ${at.line}:${at.column}`)).toEqual([
      'a 4:9',
      'b 6:9',
      'c 9:9',
      'd 10:10',
      'e 11:9',
    ]);
  });

  test('anchors and aliases', () => {
    expect(only('  - { id: a, vars: { x: &l [p, q], y: *l } }\n')?.vars).toEqual({
      x: ['p', 'q'],
      y: ['p', 'q'],
    });
  });
});

describe('problems', () => {
  test.each<[string, string[]]>([
    ['', ['1:1: the file is empty']],
    ['# nothing\n', ['1:1: the file is empty']],
    ['- a\n', ['1:1: the list has to be a mapping']],
    ['just text', ['1:1: the list has to be a mapping']],
    ['tenants: [{id: a, template: t}]', ['1:1: no fleet; the list needs a name of its own: `fleet: name`']],
    [
      'fleet: a b\ntenants: [{id: a, template: t}]',
      ['1:8: the fleet "a b" has to be 1 to 100 letters, digits, "-" and "_"; it is part of every marker'],
    ],
    [
      HEAD,
      ['1:1: no tenants; an empty list never removes anything (`state: removed` does, tenant by tenant)'],
    ],
    [
      `${HEAD}tenants:\n`,
      ['1:1: no tenants; an empty list never removes anything (`state: removed` does, tenant by tenant)'],
    ],
    [`${HEAD}tenants: {}\n`, ['3:10: tenants has to be a list']],
    ['fleet: f\ndefaults: []\ntenants: [{id: a}]', ['2:11: defaults has to be a mapping']],
    [
      'fleet: f\ndefaults: { temlate: t }\nwrkspace: x\ntenants: [{id: a, template: t}]',
      [
        '2:13: unknown key "temlate"; did you mean "template"?',
        '3:1: unknown key "wrkspace"; did you mean "workspace"?',
      ],
    ],
    ['fleet: f\nfleet: g\ntenants: [{id: a, template: t}]', ['2:1: the key "fleet" stands here twice']],
    ['fleet: f\n---\nfleet: g\n', ['2:1: a second YAML document begins here; a file holds one']],
    ['fleet: f\n\tx: 1\n', ['2:1: a tab as indentation; YAML wants blanks']],
    ['fleet: [f\ntenants: []\n', [expect.stringMatching(/^2:1: not YAML: flow sequence/)]],
    [`fleet: ${'['.repeat(5000)}`, ['1:108: nested too deeply']],
    [`fleet: ${'- '.repeat(5000)}`, ['1:8: nested too deeply']],
  ])('of the whole, %#', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test.each<[string, string[]]>([
    ['  - template: t\n', ['4:5: no id']],
    ['  - id:\n', ['4:8: no id']],
    ['  - id: ""\n', ['4:9: the id is empty']],
    ['  - id: [a]\n', ['4:9: the id has to be text']],
    ['  - acme\n', ['4:5: a tenant has to be a mapping']],
    ['  - id: "a\\nb"\n', ['4:9: the id has a line break, a control character or another invisible one']],
    ['  - id: "a\\0b"\n', ['4:9: the id has a line break, a control character or another invisible one']],
    ['  - id: "a\\u202eb"\n', ['4:9: the id has a line break, a control character or another invisible one']],
    ['  - id: " a"\n', ['4:9: the id starts or ends with a blank']],
    [
      '  - id: "x\', role: \'admin"\n',
      ['4:9: the id has a comma, which separates ids in the input `tenant`'],
    ],
    ['  - id: a, b\n', ['4:9: the id has a comma, which separates ids in the input `tenant`']],
    [`  - id: ${'x'.repeat(10_000)}\n`, ['4:9: the id has 10000 characters; at most 200 are allowed']],
    [
      `  - id: ${'x'.repeat(101)}\n`,
      ['4:9: the id gives a name of 101 characters, 100 are allowed; add a `slug`'],
    ],
    ['  - id: 日本\n', ['4:9: the id "日本" has no letter or digit for a name; add a `slug`']],
    ['  - { id: a, slug: _a }\n', ['4:20: the slug "_a" is not of the form [a-z][a-z0-9_]*']],
    ['  - { id: a, slug: A }\n', ['4:20: the slug "A" is not of the form [a-z][a-z0-9_]*']],
    [
      '  - { id: a, state: suspend }\n',
      ['4:21: the state "suspend" is not active, suspended or removed; did you mean "suspended"?'],
    ],
    ['  - { id: a, vars: [x] }\n', ['4:20: vars has to be a mapping of names to values']],
    [
      '  - id: a\n    vars: { x: { y: 1 }, z: [[1]] }\n',
      [
        '5:16: a variable holds text, a number, true or false, or a list of these',
        '5:29: a variable holds text, a number, true or false, or a list of these',
      ],
    ],
    [
      '  - id: a\n    vars: { x: ~ }\n',
      ['5:16: a variable without a value; leave the line out, or write "" for an empty text'],
    ],
    [
      '  - id: a\n    vars:\n      __proto__: 1\n      A: 1\n',
      [
        '6:7: "__proto__" cannot name a variable: a-z, 0-9 and _, starting with a letter',
        '7:7: "A" cannot name a variable: a-z, 0-9 and _, starting with a letter',
      ],
    ],
    ['  - id: a\n    id: b\n', ['5:5: the key "id" stands here twice']],
    ['  - id: a\n    "x\\e[31m\\u202e": 1\n', [expect.stringContaining('unknown key "x\\u001b[31m\\u202e"')]],
    [
      '  - { id: a, <<: *x }\n',
      [expect.stringContaining('unknown key "<<"'), '4:18: the alias "x" has no anchor before it'],
    ],
    ['  - { id: !!int 5 }\n', ['4:17: the tag "tag:yaml.org,2002:int" is not supported; quotes make a text']],
    [
      '  - { id: a, vars: &v { x: *v } }\n',
      [expect.stringContaining('the alias "v" has no anchor before it')],
    ],
    ['  - id: a\n  - id: b\n  - id: a\n', ['6:9: the id "a" is already at list:4']],
    [
      '  - id: Globex Corp\n    tempalte: x\n  - id: globex-corp\n',
      [
        '5:5: unknown key "tempalte"; did you mean "template"?',
        '6:9: the id "globex-corp" and the id "Globex Corp" (list:4) both get the name globex_corp; give one of them another `slug`',
      ],
    ],
    [
      '  - { id: b, slug: a }\n  - { id: c, slug: x }\n  - id: A\n',
      [expect.stringContaining('(list:4) both get the name a')],
    ],
  ])('of tenants, %#', (text, expected) => {
    const found = ofTenants(text);
    for (const problem of expected) expect(found).toContainEqual(problem);
    expect(found.length).toBeGreaterThanOrEqual(expected.length);
  });

  test.each<[string, string[]]>([
    ['{"fleet":"f","tenants":[{"id":"a","template":"t"}],}', ['1:52: not a value: expected a value']],
    ['{"fleet":"f" "x":1}', ['1:14: expected "}" here']],
    ['{"fleet":"f\n"}', ['1:10: the closing quote is missing']],
    ['{"fleet":"\\q"}', ['1:10: a control character or an unknown escape in this text']],
    ["{'fleet':1}", ['1:2: not a value: expected a value']],
    ['{"fleet":"f"} x', ['1:15: something stands behind the end of the document']],
    ['{"fleet":01}', ['1:10: not a value: expected a value']],
    ['[', ['1:2: the text ends here: expected a value']],
    ['['.repeat(100), ['1:34: nested too deeply']],
    [
      '{"fleet":"f","tenants":[{"id":null,"template":"t","id":"b"}]}',
      ['1:51: the key "id" stands here twice'],
    ],
  ])('of JSON, %#', (text, expected) => {
    expect(problems(text, 'json')).toEqual(expected);
  });

  test.each<[string, string[]]>([
    ['', ['1:1: the file is empty']],
    ['name,slug\na,b\n', ['1:1: no column "id"; the first row names the columns, with commas between']],
    ['slug,ID\na,b\n', ['1:1: no column "id"; it has "ID"']],
    ['id,x,vars.x\n', ['1:6: the key "x" stands here twice']],
    [
      '# fleet: f\nid,template\na,t\nb\nc,t,u\n',
      ['4:1: this row has 1 cells, the header has 2', '5:1: this row has 3 cells, the header has 2'],
    ],
    ['# fleet: f\nid,template\né,t\n"b,t\n', ['4:1: the closing quote of this cell is missing']],
    [
      '# fleet: f\nid,template\n"é",t"t\n',
      ['3:5: a quote inside this cell; put the cell in quotes and write the quote twice'],
    ],
    ['# fleet: f\r\nid,template\r\na,t\r\n\r\na,t\r\n', ['5:1: the id "a" is already at list:3']],
    ['id,template\n', [expect.stringContaining('no tenants')]],
  ])('of CSV, %#', (text, expected) => {
    const found = problems(text, 'csv');
    for (const problem of expected) expect(found).toContainEqual(problem);
    expect(found.length).toBeGreaterThanOrEqual(expected.length);
  });

  test('a problem in each of 200,000 lines', () => {
    const rows = 'x\n'.repeat(200_000);
    expect(problems(`# fleet: f\nid\n${rows}`, 'csv')).toHaveLength(200_000 * 2 - 1);
  });

  test('an alias bomb is refused before it is expanded', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(10).fill(`*l${level}`).join(', ')}]\n`,
    ).join('');
    const bomb = `fleet: f\nl0: &l0 [x, x]\n${levels}tenants: [{ id: a, vars: { x: *l9 } }]\n`;
    expect(problems(bomb)).toContainEqual(expect.stringContaining('stand for more than 2000000 values'));
  });
});
