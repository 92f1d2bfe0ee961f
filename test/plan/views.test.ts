// Views on Classic: which can be filled exactly, and that cutting one at a moment is undone by reading it back.

import { describe, expect, test } from 'vitest';
import { parseDatafile } from '../../src/datafile/parse.ts';
import type { Datasource, Pipe } from '../../src/datafile/types.ts';
import { unwrap } from '../../src/errors.ts';
import { cutView, fillingOf, uncut, viewOf } from '../../src/plan/views.ts';
import fc from '../properties.ts';

const table = (name: string, columns: string): Datasource => {
  const parsed = unwrap(
    parseDatafile(`${name}.datasource`, `SCHEMA >\n    ${columns}\n\nENGINE "MergeTree"\n`),
  );
  if (parsed.kind !== 'datasource') throw new Error('a data source');
  return parsed;
};
const pipe = (...nodes: readonly (readonly [name: string, sql: string])[]): Pipe => {
  const text = nodes.map(([name, sql], at) => {
    const type = at === nodes.length - 1 ? '\nTYPE materialized\nDATASOURCE acme_events\n' : '';
    return `NODE ${name}\nSQL >\n    ${sql.replaceAll('\n', '\n    ')}\n${type}`;
  });
  const parsed = unwrap(parseDatafile('acme_events_mv.pipe', text.join('\n')));
  if (parsed.kind !== 'pipe') throw new Error('a pipe');
  return parsed;
};

const TABLES = new Map([
  ['events', table('events', '`tenant_id` String, `inserted_at` DateTime64(3) DEFAULT now64(3)')],
  ['seconds', table('seconds', '`tenant_id` String, `at` DateTime DEFAULT now()')],
  ['plain', table('plain', '`tenant_id` String, `at` DateTime64(3)')],
]);
const filling = (view: Pipe) => fillingOf(view, 'exact', (name) => TABLES.get(name));

describe('the history of a view', () => {
  test('is exact by the column that says when a row was ingested', () => {
    expect(filling(pipe(['own', 'SELECT tenant_id FROM events']))).toEqual({
      kind: 'exact',
      source: 'events',
      column: 'inserted_at',
    });
    expect(filling(pipe(['one', 'SELECT * FROM seconds'], ['two', 'SELECT tenant_id FROM one']))).toEqual({
      kind: 'exact',
      source: 'seconds',
      column: 'at',
    });
  });

  test.each([
    ['SELECT tenant_id FROM plain', 'plain has no column that says when a row was ingested'],
    ['SELECT tenant_id FROM nowhere', 'nowhere is not a data source'],
    ['SELECT tenant_id FROM events JOIN plain USING tenant_id', 'it reads events and plain'],
    ['SELECT 1 AS tenant_id', 'it reads no table'],
  ])('cannot be exact: %s', (sql, why) => {
    const found = filling(pipe(['own', sql]));
    expect(found.kind).toBe('impossible');
    expect(found.kind === 'impossible' && found.why).toContain(why);
  });

  test('is what the set says, when it does not ask for an exact one', () => {
    const view = pipe(['own', 'SELECT tenant_id FROM plain']);
    expect(fillingOf(view, 'approximate', () => undefined)).toEqual({ kind: 'approximate' });
    expect(fillingOf(view, 'none', () => undefined)).toEqual({ kind: 'none' });
  });
});

describe('cutting a view', () => {
  const source = { source: 'events', column: 'inserted_at' };
  const cut = (sql: string) =>
    cutView(pipe(['own', sql]), source, 1_795_300_000_123).since.nodes.map((node) => node.sql);

  test('splits the rows of its source at the moment, and nothing else', () => {
    const { since, before } = cutView(
      pipe(['own', 'SELECT tenant_id FROM events']),
      source,
      1_795_300_000_123,
    );
    expect(since.nodes.map(({ sql }) => sql)).toEqual([
      'SELECT * FROM events WHERE inserted_at >= fromUnixTimestamp64Milli(toInt64(1795300000123))',
      'SELECT tenant_id FROM ingested_since AS `events`',
    ]);
    expect(before.nodes.map(({ sql }) => sql)).toEqual([
      'SELECT * FROM events WHERE inserted_at < fromUnixTimestamp64Milli(toInt64(1795300000123))',
      'SELECT tenant_id FROM ingested_before AS `events`',
    ]);
    expect(viewOf(since)?.target).toBe('acme_events');
  });

  test.each([
    [
      'SELECT events.tenant_id FROM events WHERE 1',
      'SELECT events.tenant_id FROM ingested_since AS `events` WHERE 1',
    ],
    ['SELECT e.tenant_id FROM events AS e', 'SELECT e.tenant_id FROM ingested_since AS e'],
    ['SELECT e.tenant_id FROM events e', 'SELECT e.tenant_id FROM ingested_since e'],
    [
      "SELECT ' FROM events' AS x FROM events\nWHERE 1",
      "SELECT ' FROM events' AS x FROM ingested_since AS `events`\nWHERE 1",
    ],
  ])('keeps the names of its columns: %s', (sql, expected) => {
    expect(cut(sql)[1]).toBe(expected);
  });

  const word = fc.constantFrom(
    'events',
    'SELECT',
    "' FROM events '",
    'e',
    'AS',
    '\n',
    '(',
    ')',
    'WHERE',
    'x = 1',
    '-- FROM events\n',
  );
  test('is undone by reading it back, whatever the SQL', () => {
    fc.assert(
      fc.property(
        fc.array(word),
        fc.array(word),
        fc.integer({ min: 0, max: 4e12 }),
        (left, right, cutoff) => {
          const sql = `SELECT 1 ${left.join(' ')} FROM events ${right.join(' ')}`
            .replaceAll(/\s*\n\s*/g, '\n')
            .trim();
          const view: Pipe = {
            ...pipe(['own', 'SELECT 1']),
            nodes: [{ name: 'own', description: '', sql, type: 'materialized', settings: [] }],
          };
          const { since, before } = cutView(view, source, cutoff);
          expect(uncut(since)).toEqual(view);
          expect(before.nodes).toHaveLength(2);
        },
      ),
    );
  });
});
