import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { RidgeError } from '../errors.ts';
import type { Fit, FitSignature } from './schema.ts';

/** What a signature says of its file. */
export type SignatureState =
  | { readonly state: 'unsigned' }
  /** Good by the key in the file itself, which proves only that one hand made both. */
  | { readonly state: 'self_signed'; readonly fingerprint: string }
  /** Good by the key that the reader trusts. */
  | { readonly state: 'verified'; readonly fingerprint: string }
  | { readonly state: 'other_key'; readonly fingerprint: string }
  | { readonly state: 'wrong' };

/** What is signed: the digest, behind words that keep the signature from being taken for one of something else. */
const message = (digest: string): Buffer => Buffer.from(`ridgepoint fit ${digest}`, 'ascii');

const derOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

/** `sha256:` and the hex SHA-256 of a public key's DER form. */
export const fingerprintOf = (key: KeyObject): string =>
  `sha256:${createHash('sha256').update(derOf(key)).digest('hex')}`;

/** Signs a fit's digest with Ed25519: the same key and content give the same signature. */
export function signDigest(digest: string, privateKey: KeyObject): FitSignature {
  return {
    algorithm: 'ed25519',
    public_key: derOf(createPublicKey(privateKey)).toString('base64'),
    value: sign(null, message(digest), privateKey).toString('base64'),
  };
}

/** The key that a signature carries; null when it is no Ed25519 key. */
export function keyOf({ public_key }: FitSignature): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(public_key, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

/**
 * Checks a fit's signature over the digest that the file states; that the digest is right is `parseFit`'s business.
 * @param trusted the key that it must be signed with; without, only whether the file agrees with itself is known
 */
export function checkSignature(
  { digest, signature }: Pick<Fit, 'digest' | 'signature'>,
  trusted?: KeyObject,
): SignatureState {
  if (!signature) return { state: 'unsigned' };
  const key = keyOf(signature);
  if (!key || !verify(null, message(digest), key, Buffer.from(signature.value, 'base64'))) {
    return { state: 'wrong' };
  }
  const fingerprint = fingerprintOf(key);
  if (!trusted) return { state: 'self_signed', fingerprint };
  return { state: key.equals(trusted) ? 'verified' : 'other_key', fingerprint };
}

/** A new Ed25519 key: both halves as PEM. */
export function newKey(): { readonly privatePem: string; readonly publicPem: string; fingerprint: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    fingerprint: fingerprintOf(publicKey),
  };
}

/**
 * A private key from the text of its PEM file.
 * @throws RidgeError (exit 2) when it is none, is locked by a pass phrase, or is not Ed25519
 */
export const privateKeyFrom = (pem: string, where: string): KeyObject =>
  keyFrom(pem, where, 'private', createPrivateKey);

/** A public key from the text of its PEM file, see `privateKeyFrom`. */
export const publicKeyFrom = (pem: string, where: string): KeyObject =>
  keyFrom(pem, where, 'public', createPublicKey);

function keyFrom(pem: string, where: string, half: string, create: (pem: string) => KeyObject): KeyObject {
  const mend = 'ridge publish --new-key FILE makes a pair: FILE is private, FILE.pub public.';
  let key: KeyObject;
  try {
    key = create(pem);
  } catch (cause) {
    const locked = /BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem);
    const what = locked ? 'the key is locked by a pass phrase' : `no ${half} key in PEM form`;
    throw new RidgeError(what, { where, mend, cause });
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new RidgeError(`the key is ${key.asymmetricKeyType}, not ed25519`, { where, mend });
}
