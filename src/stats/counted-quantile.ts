/** Values of which each stands for so many equal ones. Columns of one length, in any order. */
export interface CountedValues {
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

/**
 * Quantiles with linear interpolation (type 7) of a sample that is given as values and how often each occurs: what the sample
 * written out would give. Empty without any value.
 * @param qs between 0 and 1, ascending
 */
export function countedQuantiles({ values, counts }: CountedValues, qs: readonly number[]): number[] {
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return [];
  let place = 0;
  let below = 0;
  /** The value at a rank from 0 on; ranks are asked in ascending order. */
  const at = (rank: number): number => {
    while (place < order.length - 1 && below + counts[order[place]!]! <= rank) {
      below += counts[order[place]!]!;
      place += 1;
    }
    return values[order[place]!]!;
  };
  return qs.map((q) => {
    const rank = q * (total - 1);
    const low = at(Math.floor(rank));
    const share = rank - Math.floor(rank);
    if (share === 0) return low;
    // The next rank may be asked again, so the place that was reached is kept.
    const [keptPlace, keptBelow] = [place, below];
    const high = at(Math.floor(rank) + 1);
    [place, below] = [keptPlace, keptBelow];
    return low + share * (high - low);
  });
}
