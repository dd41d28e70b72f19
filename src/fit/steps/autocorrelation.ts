/** A residual of a step, in standard deviations of its kind, at its place in the engine's sequence. */
export interface PlacedResidual {
  readonly index: number;
  readonly z: number;
}

/** Steps farther apart than this are taken as independent. */
export const LARGEST_LAG = 16;
/** One hiccup must not make neighbours look alike. */
const LARGEST_Z = 4;

/** Correlation of steps `lag` apart, from lag 0 (1) to `LARGEST_LAG`. */
export function autocorrelations(residuals: readonly PlacedResidual[]): number[] {
  const at = new Map(residuals.map(({ index, z }) => [index, Math.min(LARGEST_Z, Math.max(-LARGEST_Z, z))]));
  const covariances = Array.from({ length: LARGEST_LAG + 1 }, (_, lag) => {
    let [sum, pairs] = [0, 0];
    for (const [index, z] of at) {
      const other = at.get(index + lag);
      if (other === undefined) continue;
      sum += z * other;
      pairs += 1;
    }
    return { value: pairs === 0 ? 0 : sum / pairs, pairs };
  });
  const variance = covariances[0]!.value;
  return covariances.map(({ value, pairs }, lag) => {
    if (lag === 0) return 1;
    const correlation = variance > 0 ? value / variance : 0;
    // Within its own error a correlation is none.
    return Math.abs(correlation) < 2 / Math.sqrt(Math.max(1, pairs)) ? 0 : correlation;
  });
}

/** How many independent steps the mean over these is worth. */
export function independentSteps(indexes: readonly number[], correlations: readonly number[]): number {
  const members = new Set(indexes);
  let sum = members.size;
  for (const index of members) {
    for (let lag = 1; lag < correlations.length; lag += 1) {
      if (correlations[lag] !== 0 && members.has(index + lag)) sum += 2 * correlations[lag]!;
    }
  }
  // Errors that take each other back cannot leave less than one of them.
  return members.size ** 2 / Math.max(1, sum);
}
