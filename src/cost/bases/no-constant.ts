import { RidgeError } from '../../errors.ts';

/** A device that a basis does not price: an error, since a guess would decide the ranking. */
export function noConstant(basis: string, id: string, lacks: string, known: readonly string[]): RidgeError {
  return new RidgeError(`the cost basis '${basis}' has no ${lacks} for '${id}'`, {
    mend:
      known.length > 0
        ? `It has: ${known.join(', ')}; a basis file of yours prices any device.`
        : 'Give it under devices of the basis file.',
  });
}
