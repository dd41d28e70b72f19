import { RidgeError } from '../errors.ts';
import type { Speculation } from '../roofline/speculation.ts';

/** Most tokens that are proposed in a step: engines take a handful. */
const MOST_DRAFT_TOKENS = 64;

/**
 * Reads `K,ACCEPTANCE`, for example `4,0.7`.
 * @throws RidgeError (exit 2)
 */
export function parseSpeculation(text: string, flag = '--spec'): Speculation {
  const [draftTokens = Number.NaN, acceptance = Number.NaN, ...rest] = text.split(',').map(Number);
  const whole = Number.isInteger(draftTokens) && draftTokens >= 1 && draftTokens <= MOST_DRAFT_TOKENS;
  if (whole && acceptance >= 0 && acceptance <= 1 && rest.length === 0) return { draftTokens, acceptance };
  throw new RidgeError(`${flag}: '${text}' is not K,ACCEPTANCE`, {
    mend: `K is 1 to ${MOST_DRAFT_TOKENS} tokens, ACCEPTANCE a share from 0 to 1: ${flag} 4,0.7.`,
  });
}
