/**
 * Fewest samples at which a percentile is known with 99 % confidence: below it the percentile is not printed.
 * The figures are those of MLPerf's early-stopping rule.
 */
export const SAMPLE_FLOORS = [
  { q: 0.5, samples: 11 },
  { q: 0.9, samples: 64 },
  { q: 0.95, samples: 130 },
  { q: 0.99, samples: 662 },
  { q: 0.999, samples: 6636 },
] as const;

/** Whether a percentile may be printed for so many (effective) samples; a percentile without a floor may not. */
export function aboveFloor(q: number, samples: number): boolean {
  const floor = SAMPLE_FLOORS.find((entry) => entry.q === q);
  return floor !== undefined && samples >= floor.samples;
}
