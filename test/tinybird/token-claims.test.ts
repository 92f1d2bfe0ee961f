// What a static token says about itself, and what is not one.
import { expect, test } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { claimsOf } from '../../src/tinybird/token-claims.ts';

const token = (payload: string) => new Secret(`p.${Buffer.from(payload).toString('base64url')}.c2lnbmF0dXJl`);

test.each([
  ['{"u": "w1", "id": "t1", "host": "us_east"}', { workspace: 'w1', id: 't1', region: 'us_east' }],
  ['{"u":"w1"}', { workspace: 'w1', id: null, region: null }],
  ['{"u":"w1","id":null,"host":null,"more":{}}', { workspace: 'w1', id: null, region: null }],
])('%s', (payload, claims) => {
  expect(claimsOf(token(payload))).toEqual(claims);
  expect(claimsOf(new Secret(` ${token(payload).reveal()}\n`))).toEqual(claims);
});

test.each(['{}', '{"u":""}', '{"u":7}', '[]', 'null', 'no json'])('%s says nothing', (payload) => {
  expect(claimsOf(token(payload))).toBe(null);
});

test.each(['', 'p.', 'p..', 'notreal', 'eyJhbGciOiJIUzI1NiJ9.eyJ1IjoidyJ9.x', 'p.eyJ1IjoidyJ9.x.y'])(
  '%j is not a static token',
  (value) => {
    expect(claimsOf(new Secret(value))).toBe(null);
  },
);
