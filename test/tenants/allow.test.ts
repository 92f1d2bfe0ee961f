// `allow:` in every form of the list: what is read, and every problem with its place.
import { describe, expect, test } from 'vitest';
import { readProblem } from '../../src/errors.ts';
import { parseTenants, type TextFormat } from '../../src/tenants.ts';
import { parse } from './text.ts';

function problems(text: string, format?: TextFormat): string[] {
  const result = parse(text, format);
  return result.ok ? [] : result.problems.map((problem) => readProblem(problem).replace(/^list:/, ''));
}
const listed = (allow: string): string =>
  `fleet: f\ntenants:\n  - id: a\n    template: t\n    allow: ${allow}\n`;
const ONE = { hazard: 'loses-data', reason: 'agreed with: them', until: '2026-12-31' };

describe('is read', () => {
  test.each<[string, string, TextFormat]>([
    ['flow', listed('[{ hazard: loses-data, reason: "agreed with: them", until: 2026-12-31 }]'), 'yaml'],
    [
      'block',
      listed('\n      - hazard: loses-data\n        reason: "agreed with: them"\n        until: 2026-12-31'),
      'yaml',
    ],
    ['JSON', JSON.stringify({ fleet: 'f', tenants: [{ id: 'a', template: 't', allow: [ONE] }] }), 'json'],
  ])('%s', (_, text, format) => {
    expect(parse(text, format)).toMatchObject({ ok: true, value: { tenants: [{ allow: [ONE] }] } });
  });
  test('in a folder, for a tenant and for the project', () => {
    const said = 'allow: [{ hazard: loses-data, reason: "agreed with: them", until: 2026-12-31 }]\n';
    const files = [
      { file: 'd/fleet.yaml', text: `fleet: f\n${said}` },
      { file: 'd/a.yaml', text: `template: t\n${said}` },
    ];
    expect(parseTenants({ format: 'folder', folder: 'd', files })).toMatchObject({
      ok: true,
      value: { allow: [ONE], tenants: [{ id: 'a', allow: [ONE] }] },
    });
  });
  test('a date that has passed is no problem of the list, and no list is no allowance', () => {
    expect(problems(listed('[{ hazard: fan-out, reason: r, until: 2000-02-29 }]'))).toEqual([]);
    const none = parse(listed('[]'));
    expect(none.ok && 'allow' in (none.value.tenants[0] ?? {})).toBe(false);
  });
  test('a variable may be called allow', () => {
    expect(parse('id,template,vars.allow\na,t,x\n', 'csv')).toMatchObject({
      value: { tenants: [{ vars: { allow: 'x' } }] },
    });
  });
});

describe('is a problem', () => {
  test.each<[string, string[]]>([
    [
      '[{ hazard: lose-data, reason: r, until: 2026-12-31 }]',
      [
        '5:23: the hazard "lose-data" is not loses-data, breaks-readers, widens-access, fan-out; did you mean "loses-data"?',
      ],
    ],
    [
      '[{ hazard: revokes-access, reason: r, until: 2026-12-31 }]',
      ['5:23: the hazard "revokes-access" is not loses-data, breaks-readers, widens-access, fan-out'],
    ],
    [
      '[{ reason: r, until: 2026-12-31 }]',
      ['5:13: no hazard; there are loses-data, breaks-readers, widens-access, fan-out'],
    ],
    [
      '[{ hazard: { a: 1 }, reason: r, until: 2026-12-31 }]',
      ['5:23: no hazard; there are loses-data, breaks-readers, widens-access, fan-out'],
    ],
    ['[{ hazard: loses-data, until: 2026-12-31 }]', ['5:13: no reason; every plan shows it']],
    [
      '[{ hazard: loses-data, reason: " ", until: 2026-12-31 }]',
      ['5:43: the reason is empty; every plan shows it'],
    ],
    ['[{ hazard: loses-data, reason: "a\\nb", until: 2026-12-31 }]', ['5:43: the reason has to be one line']],
    [
      '[{ hazard: loses-data, reason: r }]',
      ['5:13: no until: the last day has to be one of the calendar, like 2026-12-31'],
    ],
    [
      '[{ hazard: loses-data, reason: r, until: 2026-02-30 }]',
      ['5:53: "2026-02-30" is no day: the last day has to be one of the calendar, like 2026-12-31'],
    ],
    [
      '[{ hazard: loses-data, reason: r, until: 31.12.2026 }]',
      ['5:53: "31.12.2026" is no day: the last day has to be one of the calendar, like 2026-12-31'],
    ],
    [
      '[{ hazard: loses-data, reason: r, until: 2026-12-31, till: x }]',
      ['5:65: unknown key "till"; there are hazard, reason, until'],
    ],
    ['loses-data', ['5:12: allow has to be a list of `{ hazard, reason, until }`']],
    ['[loses-data]', ['5:13: an allowance has to be a mapping: `{ hazard, reason, until }`']],
  ])('%s', (allow, said) => {
    expect(problems(listed(allow))).toEqual(said);
  });
  test('as a column of a CSV', () => {
    expect(problems('id,template,allow\na,t,loses-data\n', 'csv')).toEqual([
      '1:13: a CSV cannot say `allow`, which is a list of mappings: write the list as YAML or JSON (a variable of that name is the column vars.allow)',
    ]);
  });
});

test('a state that is a mapping is a problem, and no crash', () => {
  expect(problems('fleet: f\ntenants:\n  - { id: a, template: t, state: { a: 1 } }\n')).toEqual([
    '3:34: the state has to be active, suspended or removed',
  ]);
});

describe('what the report calls a list that', () => {
  const stops = (text: string, format?: TextFormat) => {
    const result = parse(text, format);
    return result.ok ? [] : result.problems.map(({ stop }) => stop ?? 'bad-input');
  };
  test.each<[string, string, TextFormat, string]>([
    ['is empty', '', 'yaml', 'empty-list'],
    ['has no tenants', 'fleet: f\ntenants: []\n', 'yaml', 'empty-list'],
    ['is no YAML', 'fleet: "f\n', 'yaml', 'unreadable-list'],
    ['is cut off', '{"fleet": "f", "tenants": [{"id"', 'json', 'unreadable-list'],
    [
      'is not merged',
      'fleet: f\ntenants:\n<<<<<<< HEAD\n  - id: a\n=======\n  - id: b\n>>>>>>> x\n',
      'yaml',
      'unreadable-list',
    ],
    ['is no CSV', 'name\na\n', 'csv', 'unreadable-list'],
    ['has a wrong key', 'fleet: f\ntenants: [{ id: a, template: t, typo: 1 }]\n', 'yaml', 'bad-input'],
  ])('%s', (_, text, format, stop) => {
    expect(stops(text, format)[0]).toBe(stop);
  });
  test('is not merged, in one sentence', () => {
    expect(problems('fleet: f\ntenants:\n<<<<<<< HEAD\n  - id: a\n=======\n  - id: b\n>>>>>>> x\n')).toEqual([
      '3:1: a merge that was not finished: Git wrote both sides here',
    ]);
  });
});
