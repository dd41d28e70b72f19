/** Speculative decoding: every step proposes tokens of every sequence, and verifies them together with the next one. */
export interface Speculation {
  /** Tokens that are proposed for a sequence in a step, k; a mean where some steps propose none. */
  readonly draftTokens: number;
  /** Share of the proposed tokens that are accepted: the server's accepted over its draft tokens. */
  readonly acceptance: number;
}

/** Tokens that a sequence gains in a step on average: 1 + k·a. */
export const tokensPerStep = (speculation: Speculation | undefined): number =>
  speculation === undefined ? 1 : 1 + speculation.draftTokens * speculation.acceptance;

/** Halvings that leave nothing of the interval from 0 to 1. */
const HALVINGS = 60;

/**
 * Chance p that a proposed token is accepted where the one before it was, the same at every place: p + p² + ... + p^k = k·a.
 */
export function acceptedNext({ draftTokens, acceptance }: Speculation): number {
  let [low, high] = [0, 1];
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (low + high) / 2;
    if (acceptedOf(middle, draftTokens) < draftTokens * acceptance) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function acceptedOf(chance: number, draftTokens: number): number {
  let [sum, power] = [0, 1];
  for (let place = 0; place < draftTokens; place += 1) {
    power *= chance;
    sum += power;
  }
  return sum;
}

/**
 * Steps after the first token in which a request gets the other ones, on average: what it lacks over what a step gives, and
 * what the last step gives too many, E[X(X − 1)]/2E[X] of X tokens a step (a renewal process in whole numbers).
 */
export function decodeStepsOf(outputTokens: number, speculation: Speculation | undefined): number {
  const lacks = outputTokens - 1;
  if (speculation === undefined || lacks <= 1) return lacks;
  const { mean, pairs } = tokenMoments(speculation);
  return Math.max(1, (lacks + pairs / (2 * mean)) / mean);
}

/**
 * Standard deviation of those steps from request to request, by which proposals happen to be accepted: √(lacks·Var(X)/E[X]³) of
 * X tokens a step, as the number of renewals has it.
 */
export function decodeStepsSd(outputTokens: number, speculation: Speculation | undefined): number {
  const lacks = outputTokens - 1;
  if (speculation === undefined || lacks <= 1) return 0;
  const { mean, pairs } = tokenMoments(speculation);
  return Math.sqrt((lacks * Math.max(0, pairs + mean - mean ** 2)) / mean ** 3);
}

/** E[X] and E[X(X − 1)] of the X tokens that a sequence gains in a step. */
function tokenMoments(speculation: Speculation): { readonly mean: number; readonly pairs: number } {
  const chance = acceptedNext(speculation);
  // E[X(X − 1)] = Σ over places i of 2i·P(i or more are accepted).
  let pairs = 0;
  for (let place = 1; place <= speculation.draftTokens; place += 1) pairs += 2 * place * chance ** place;
  return { mean: tokensPerStep(speculation), pairs };
}

/** Draws how many proposed tokens a step accepts: each where the one before it was. */
export function acceptances(speculation: Speculation, random: { uniform(): number }): () => number {
  const chance = acceptedNext(speculation);
  return () => {
    let accepted = 0;
    while (accepted < speculation.draftTokens && random.uniform() < chance) accepted += 1;
    return accepted;
  };
}

/** Steps in which a sequence gets so many tokens. @param accepted draws how many proposed tokens a step accepts */
export function drawnSteps(tokens: number, accepted: () => number): number {
  let steps = 0;
  for (let left = tokens; left > 0; left -= 1 + accepted()) steps += 1;
  return steps;
}
