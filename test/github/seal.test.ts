// Boxes that we seal are opened by libsodium, the implementation that GitHub's guide shows.

import sodium from 'libsodium-wrappers';
import { beforeAll, describe, expect, test } from 'vitest';
import { seal } from '../../src/github/seal.ts';
import { Secret } from '../../src/secret.ts';
import fc from '../properties.ts';

let pair: { publicKey: Uint8Array; privateKey: Uint8Array };
let publicKey = '';

beforeAll(async () => {
  await sodium.ready;
  pair = sodium.crypto_box_keypair();
  publicKey = Buffer.from(pair.publicKey).toString('base64');
});

const open = (box: string): string =>
  Buffer.from(
    sodium.crypto_box_seal_open(Buffer.from(box, 'base64'), pair.publicKey, pair.privateKey),
  ).toString('utf8');

describe('seal', () => {
  test.each([0, 22, 48 * 1024])('libsodium opens a box of %d bytes', (bytes) => {
    const value = 'p.eyJ1IjoiYSJ9.sig-'.repeat(Math.ceil(bytes / 19)).slice(0, bytes);
    expect(open(seal(new Secret(value), publicKey))).toBe(value);
  });

  test('libsodium opens whatever was sealed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(open(seal(new Secret(value), publicKey))).toBe(value);
      }),
      { numRuns: 40 },
    );
  });

  test('the overhead is 48 bytes and no two boxes are equal', () => {
    const secret = new Secret('same');
    const boxes = [seal(secret, publicKey), seal(secret, publicKey)];
    expect(new Set(boxes).size).toBe(2);
    expect(Buffer.from(boxes[0] ?? '', 'base64')).toHaveLength(48 + 4);
  });

  test('another key does not open it', () => {
    const other = sodium.crypto_box_keypair();
    const box = Buffer.from(seal(new Secret('x'), publicKey), 'base64');
    expect(() => sodium.crypto_box_seal_open(box, other.publicKey, other.privateKey)).toThrow();
  });

  test('a public key of another length is refused', () => {
    expect(() => seal(new Secret('x'), 'AAAA')).toThrow('32 bytes');
  });
});
