/**
 * The least count from 1 to `most` that holds, where more never hold less: counts grow by halves until one holds, then the gap
 * is halved. Null where `most` does not hold.
 */
export function leastCount(most: number, holds: (count: number) => boolean): number | null {
  let failed = 0;
  let count = Math.min(1, most);
  if (most < 1) return null;
  while (!holds(count)) {
    if (count === most) return null;
    failed = count;
    count = Math.min(most, Math.ceil(1.5 * count) + 1);
  }
  let least = count;
  while (least - failed > 1) {
    const middle = (failed + least) >> 1;
    if (holds(middle)) least = middle;
    else failed = middle;
  }
  return least;
}
