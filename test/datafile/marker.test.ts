// The marker in a description: any tenant id survives it, and only its own last line counts.

import { describe, expect, it } from 'vitest';
import { markerOf, withMarker } from '../../src/datafile/marker.ts';
import { parseDatafile } from '../../src/datafile/parse.ts';
import { printDatafile } from '../../src/datafile/print.ts';
import { unwrap } from '../../src/errors.ts';
import type { Marker } from '../../src/model.ts';
import fc from '../properties.ts';
import { datafile } from './arbitraries.ts';

const text = fc.oneof(
  fc.constantFrom(
    'acme',
    'a b',
    "o'brien",
    '"x"',
    'a]',
    'x tenant=y',
    '%41',
    '100%',
    'a\nb',
    '[',
    '=',
    '\u{1f600}',
    '',
  ),
  fc.string({ unit: 'binary' }),
);
const marker: fc.Arbitrary<Marker> = fc.record(
  { fleet: text, tenant: text, set: text, sha: text, slug: text },
  { requiredKeys: ['fleet', 'tenant', 'set', 'sha'] },
);
const ACME: Marker = { fleet: 'usage', tenant: 'acme', set: 'own-table', sha: '0f' };
const LINE = '[tinybird-tenants fleet=usage tenant=acme set=own-table sha=0f]';

describe('marker', () => {
  it('comes back with the description above it', () => {
    fc.assert(
      fc.property(datafile, marker, (r, own) => {
        const marked = withMarker(r, own);
        expect(markerOf(marked.description)).toEqual({ marker: own, rest: r.description });
      }),
    );
  });

  it('survives the file', () => {
    fc.assert(
      fc.property(datafile, marker, (r, own) => {
        const back = parseDatafile(`${r.name}.${r.kind}`, printDatafile(withMarker(r, own)));
        expect(markerOf(unwrap(back).description)?.marker).toEqual(own);
      }),
    );
  });

  it.each([
    ['alone', LINE, ''],
    ['below a text', `Events\n\nof acme\n${LINE}`, 'Events\n\nof acme'],
    ['indented by a server', `Events\n    ${LINE}\n`, 'Events'],
    ['the last of two', `${LINE}\n${LINE}`, LINE],
  ])('is read %s', (_, description, rest) => {
    expect(markerOf(description)).toEqual({ marker: ACME, rest });
  });

  it.each([
    ['nothing', ''],
    ['in another line', `${LINE}\nand more`],
    ['inside a line', `see ${LINE}`],
    ['with text after it', `${LINE} .`],
    ['with a field missing', '[tinybird-tenants fleet=usage tenant=acme sha=0f]'],
    ['in another order', '[tinybird-tenants tenant=acme fleet=usage set=own-table sha=0f]'],
    ['not written by us: a letter in disguise', LINE.replace('acme', '%61cme')],
    ['not written by us: half an escape', LINE.replace('acme', 'acme%')],
    ['not written by us: not UTF-8', LINE.replace('acme', '%FF')],
  ])('is not found: %s', (_, description) => {
    expect(markerOf(description)).toBeNull();
  });

  it('is plain for plain ids', () => {
    expect(withMarker({ description: 'Events', ...REST }, ACME).description).toBe(`Events\n${LINE}`);
  });
});

const REST = { kind: 'pipe', name: 'x', nodes: [], grants: [], settings: [] } as const;
