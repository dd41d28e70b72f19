import { changedThresholds, type ThresholdOverrides } from '../suite/thresholds.ts';

/** Thresholds that a suite set away from their defaults, with these: `client_bound_ttft_share 0.1 (default 0.05)`. */
export function thresholdsText(
  overrides: Readonly<Record<string, number | undefined>> | undefined,
): string | null {
  const changed = changedThresholds(overrides as ThresholdOverrides | undefined);
  if (changed.length === 0) return null;
  return changed.map((one) => `${one.key} ${one.value} (default ${one.default})`).join(', ');
}
