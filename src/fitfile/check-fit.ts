import type { KeyObject } from 'node:crypto';
import { RidgeError } from '../errors.ts';
import { counted } from '../plural.ts';
import type { FileProblem } from '../run/check-file.ts';
import { canonicalJson } from '../stats/canonical-json.ts';
import { EXAMPLE_TOLERANCE, reproduceExamples } from './gates-examples.ts';
import { parseFit } from './parse.ts';
import type { Fit } from './schema.ts';
import { checkSignature, fingerprintOf, type SignatureState } from './sign.ts';

export interface CheckedFit {
  /** Null when the file is no fit file. */
  readonly fit: Fit | null;
  readonly problems: readonly FileProblem[];
  readonly signature: SignatureState | null;
  /** What a good file holds, in a few words. */
  readonly summary: string;
}

/** Readers of published files take the bytes at their word. */
const NOT_CANONICAL = 'not in canonical form (RFC 8785), as a published file is';

/**
 * Checks a fit file: schema and digest, signature, and that this version reproduces its examples.
 * @param publicKey the key that it must be signed with
 * @param published whether it has to be in the canonical form of published files
 */
export function checkFitText(
  text: string,
  where: string,
  { publicKey, published = false }: { publicKey?: KeyObject | undefined; published?: boolean } = {},
): CheckedFit {
  let fit: Fit;
  try {
    fit = parseFit(text, where);
  } catch (error) {
    if (!(error instanceof RidgeError)) throw error;
    const problem = { where: error.where ?? where, message: error.message, mend: error.mend ?? null };
    return { fit: null, problems: [problem], signature: null, summary: '' };
  }
  const signature = checkSignature(fit, publicKey);
  const found = [
    published && text.trimEnd() !== canonicalJson(JSON.parse(text)) ? notCanonical : null,
    signatureProblem(signature, publicKey),
    exampleProblem(fit),
  ];
  const problems = found.flatMap((problem) => (problem === null ? [] : [{ where, ...problem }]));
  return { fit, problems, signature, summary: summaryOf(fit, signature) };
}

type Problem = Omit<FileProblem, 'where'>;

const notCanonical: Problem = {
  message: NOT_CANONICAL,
  mend: 'Fetch it again, or publish it once more with --force.',
};

function signatureProblem(signature: SignatureState, publicKey: KeyObject | undefined): Problem | null {
  const wanted = publicKey ? fingerprintOf(publicKey) : null;
  switch (signature.state) {
    case 'wrong':
      return {
        message: 'the signature does not match',
        mend: 'The file or its signature was changed after it was signed; fetch it again from its publisher.',
      };
    case 'other_key':
      return {
        message: `signed by another key (${signature.fingerprint})`,
        mend: `The key that was asked for is ${wanted}.`,
      };
    case 'unsigned':
      return wanted === null
        ? null
        : { message: 'not signed', mend: `A signature by ${wanted} was asked for with --public-key.` };
    default:
      return null;
  }
}

function exampleProblem(fit: Fit): Problem | null {
  const { largest, worst } = reproduceExamples(fit);
  if (largest <= EXAMPLE_TOLERANCE) return null;
  return {
    message: Number.isFinite(largest)
      ? `an example is not reproduced: ${worst} differs by ${largest.toExponential(1)}, at most ${EXAMPLE_TOLERANCE}`
      : `an example cannot be reproduced: ${worst}`,
    mend: 'Its parameters and its examples do not belong together; fit again, or report this as a bug.',
  };
}

function summaryOf(fit: Fit, signature: SignatureState): string {
  const count = Object.keys(fit.parameters).length;
  const accelerator = fit.accelerator.name ?? 'an unknown accelerator';
  return [
    `${count} parameters of ${fit.model_card.id} on ${accelerator}`,
    `${counted(fit.examples.length, 'example')} reproduced`,
    SIGNATURE_TEXT[signature.state](signature),
  ].join(', ');
}

const SIGNATURE_TEXT: Readonly<Record<SignatureState['state'], (signature: SignatureState) => string>> = {
  unsigned: () => 'not signed',
  wrong: () => 'signature wrong',
  self_signed: (one) => `signed by the key it carries (${fingerprint(one)}); --public-key tells whose it is`,
  verified: (one) => `signed by ${fingerprint(one)}`,
  other_key: (one) => `signed by ${fingerprint(one)}`,
};

const fingerprint = (signature: SignatureState): string =>
  'fingerprint' in signature ? signature.fingerprint : '';
