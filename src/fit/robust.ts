/** Huber's threshold in standard deviations: 2 keeps 95 % of clean residuals at full weight. */
export const HUBER_K = 1.345;

/** Weight of a standardised residual: 1 inside the threshold, falling as 1/|z| outside. */
export const huberWeight = (z: number): number => Math.min(1, HUBER_K / Math.max(Math.abs(z), 1e-300));

const PRIOR_FREEDOM = 4;

/**
 * Weight of a prior at `z` of its standard deviations (Student-t tails): a device far from what we expect is believed
 * once the data say so, instead of being pulled back.
 */
export const priorWeight = (z: number): number => PRIOR_FREEDOM / (PRIOR_FREEDOM + z * z);

/** Huber's loss of a standardised residual. */
export function huberLoss(standardised: number): number {
  const z = Math.abs(standardised);
  return z < HUBER_K ? z * z : HUBER_K * (2 * z - HUBER_K);
}
