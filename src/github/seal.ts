// Sealing a secret for GitHub: libsodium's crypto_box_seal from Node's X25519 and noble's XSalsa20-Poly1305 and BLAKE2b.
// https://libsodium.gitbook.io/doc/public-key_cryptography/sealed_boxes
import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { blake2b } from '@noble/hashes/blake2.js';
import type { Secret } from '../secret.ts';

const KEY_BYTES = 32;
/** DER of an X25519 public key up to the key itself (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

/** Base64 of a box that only the owner of the public key opens. Throws when the key is not 32 bytes of base64. */
export function seal(secret: Secret, publicKey: string): string {
  const recipient = Buffer.from(publicKey, 'base64');
  if (recipient.length !== KEY_BYTES) throw new Error('a public key of GitHub has 32 bytes');
  const ours = generateKeyPairSync('x25519');
  const ephemeral = ours.publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
  const shared = diffieHellman({
    privateKey: ours.privateKey,
    publicKey: createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, recipient]),
      format: 'der',
      type: 'spki',
    }),
  });
  const nonce = blake2b(Buffer.concat([ephemeral, recipient]), { dkLen: 24 });
  const box = xsalsa20poly1305(boxKey(shared), nonce).encrypt(Buffer.from(secret.reveal(), 'utf8'));
  return Buffer.concat([ephemeral, box]).toString('base64');
}

/** crypto_box does not use the shared point itself but HSalsa20 of it with a nonce of zeros. */
function boxKey(shared: Uint8Array): Uint8Array {
  const sigma = words(Buffer.from('expand 32-byte k', 'latin1'));
  const key = new Uint32Array(KEY_BYTES / 4);
  hsalsa(sigma, words(shared), new Uint32Array(4), key);
  return new Uint8Array(key.buffer);
}

/** A copy in the machine's own word order, at an aligned address. */
const words = (bytes: Uint8Array): Uint32Array => new Uint32Array(Uint8Array.from(bytes).buffer);
