/**
 * Half-width of a 90 % interval, in standard deviations, for a member of a group that was not seen: from groups that were left
 * out of the training cells in turn. Every group counts the same, however many members it has, and the one to come as one that
 * may lie anywhere (hierarchical conformal prediction), so that 90 % are covered if groups are drawn alike.
 * @param groups sizes of the errors of each left-out group's members, in claimed standard deviations
 * @returns Infinity for fewer than nine groups, which cannot tell
 */
export function leftOutFactor(groups: readonly (readonly number[])[], share = 0.9): number {
  const filled = groups.filter((group) => group.length > 0);
  const weighted = filled
    .flatMap((group) => group.map((size) => ({ size, weight: 1 / ((filled.length + 1) * group.length) })))
    .sort((a, b) => a.size - b.size);
  let covered = 0;
  for (const { size, weight } of weighted) {
    covered += weight;
    // Sums of such weights may fall short of their value by rounding.
    if (covered >= share - 1e-9) return size;
  }
  return Number.POSITIVE_INFINITY;
}
