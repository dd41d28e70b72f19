/**
 * The least count from 1 to `most` that holds, where more never hold less: counts go by halves from a guess until they hold on
 * one side and not on the other, then the gap is halved. The count below the answer was tried and does not hold. Null where
 * `most` does not hold.
 * @param guess where to begin
 */
export function leastCount(most: number, holds: (count: number) => boolean, guess = 1): number | null {
  if (most < 1) return null;
  let count = Math.min(most, Math.max(1, guess));
  let [failed, least] = [0, Number.POSITIVE_INFINITY];
  while (least - failed > 1) {
    if (holds(count)) least = count;
    else failed = count;
    if (failed === most) return null;
    count = nextCount(most, failed, least);
  }
  return least;
}

function nextCount(most: number, failed: number, least: number): number {
  if (least === Number.POSITIVE_INFINITY) return Math.min(most, Math.ceil(1.5 * failed) + 1);
  if (failed === 0) return Math.max(1, Math.floor(least / 1.5) - 1);
  return (failed + least) >> 1;
}
