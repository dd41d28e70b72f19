import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  checkSignature,
  fingerprintOf,
  newKey,
  privateKeyFrom,
  publicKeyFrom,
  signDigest,
} from '../../src/fitfile/sign.ts';
import { writeNewKey } from '../../src/fitfile/sign-key-file.ts';
import { fitFolder } from './made-fit.ts';

const pair = newKey();
const privateKey = privateKeyFrom(pair.privatePem, 'lab.pem');
const publicKey = publicKeyFrom(pair.publicPem, 'lab.pem.pub');
const digest = `sha256:${'ab'.repeat(32)}`;
const signature = signDigest(digest, privateKey);

test('a signature is good by the key it carries, and verified by the key that the reader trusts', () => {
  const { fingerprint } = pair;
  expect(checkSignature({ digest, signature })).toEqual({ state: 'self_signed', fingerprint });
  expect(checkSignature({ digest, signature }, publicKey)).toEqual({ state: 'verified', fingerprint });
  expect(fingerprintOf(publicKey)).toBe(fingerprint);
  expect(checkSignature({ digest })).toEqual({ state: 'unsigned' });
});

test('the same key and digest give the same signature', () => {
  expect(signDigest(digest, privateKey)).toEqual(signature);
});

const hasOpenssl = spawnSync('openssl', ['version']).stdout?.toString().startsWith('OpenSSL 3') ?? false;

test.skipIf(!hasOpenssl)('openssl verifies what is signed here, as fits/README.md says', async () => {
  const { write } = await fitFolder();
  await write('message', `ridgepoint fit ${digest}`);
  const raw = await write('signature', '');
  await writeFile(raw, Buffer.from(signature.value, 'base64'));
  const key = await write('lab.pem.pub', pair.publicPem);
  const argv = ['pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in'];
  const { stdout } = spawnSync('openssl', [...argv, join(key, '..', 'message'), '-sigfile', raw]);
  expect(stdout.toString()).toContain('Verified Successfully');
});

describe('what is not believed', () => {
  const other = privateKeyFrom(newKey().privatePem, 'other.pem');
  const flipped = (base64: string, at: number): string => {
    const bytes = Buffer.from(base64, 'base64');
    bytes[at]! ^= 1;
    return bytes.toString('base64');
  };

  test.each([
    ['another digest', { digest: digest.replace('ab', 'ac'), signature }],
    ['a flipped bit', { digest, signature: { ...signature, value: flipped(signature.value, 5) } }],
    [
      'a signature that is cut off',
      { digest, signature: { ...signature, value: signature.value.slice(0, 40) } },
    ],
    ['an empty one', { digest, signature: { ...signature, value: '' } }],
    ['a key that is none', { digest, signature: { ...signature, public_key: 'AAAA' } }],
    [
      'the key of another hand',
      { digest, signature: { ...signature, public_key: signDigest(digest, other).public_key } },
    ],
  ])('%s', (_, file) => {
    expect(checkSignature(file)).toEqual({ state: 'wrong' });
    expect(checkSignature(file, publicKey)).toEqual({ state: 'wrong' });
  });

  test('a good signature by a key that is not the trusted one', () => {
    expect(checkSignature({ digest, signature: signDigest(digest, other) }, publicKey).state).toBe(
      'other_key',
    );
  });
});

describe('key files', () => {
  test('a new pair: the private half is for its owner alone, and no file is written over', async () => {
    const { folder, write } = await fitFolder();
    const file = join(folder, 'lab.pem');
    const { publicFile, fingerprint } = await writeNewKey(file);
    expect((await stat(file)).mode & 0o077).toBe(0);
    const [priv, pub] = [await readFile(file, 'utf8'), await readFile(publicFile, 'utf8')];
    expect(fingerprintOf(publicKeyFrom(pub, publicFile))).toBe(fingerprint);
    expect(
      checkSignature({ digest, signature: signDigest(digest, privateKeyFrom(priv, file)) }),
    ).toMatchObject({
      fingerprint,
    });
    await expect(writeNewKey(file)).rejects.toMatchObject({ exitCode: 2 });
    expect(await readFile(file, 'utf8')).toBe(priv);
    const kept = await write('other.pem', 'mine');
    await expect(writeNewKey(kept)).rejects.toMatchObject({ exitCode: 2, where: kept });
    await expect(stat(`${kept}.pub`)).rejects.toThrow();
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const locked = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  test.each([
    ['no PEM', 'hello', 'no private key in PEM form'],
    ['a public key', pair.publicPem, 'no private key in PEM form'],
    ['RSA', String(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })), 'the key is rsa, not ed25519'],
    ['locked', locked.privateKey, 'the key is locked by a pass phrase'],
  ])('%s is named for what it is', (_, pem, message) => {
    expect(() => privateKeyFrom(pem, 'lab.pem')).toThrow(
      expect.objectContaining({ exitCode: 2, where: 'lab.pem', message }),
    );
  });
});
