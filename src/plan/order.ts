import type { CellShape } from '../run/schema.ts';
import { childSeed, createRandom, type Random } from '../stats/random.ts';
import { cellOf, type ResolvedPoint } from './cells.ts';

/**
 * The order of measurement on one target: anchors, then one block a repeat with its cells in random order, then the
 * anchors again. Random order keeps a slow drift of the device from looking like an effect of the shape; the blocks
 * keep the repeats of a cell apart in time.
 * @param seed the same seed gives the same order
 */
export function orderCells(points: readonly ResolvedPoint[], seed: number): CellShape[] {
  const anchors = points.filter(({ point }) => point.anchor);
  const others = points.filter(({ point }) => !point.anchor);
  const blocks = Math.max(0, ...others.map(({ point }) => point.repeats));
  const cells = anchorCells(anchors, 'start');
  for (let repeat = 0; repeat < blocks; repeat += 1) {
    const block = others.filter(({ point }) => point.repeats > repeat);
    cells.push(
      ...shuffle(block, createRandom(childSeed(seed, repeat))).map((point) => cellOf(point, repeat, null)),
    );
  }
  return [...cells, ...anchorCells(anchors, 'end')];
}

const anchorCells = (anchors: readonly ResolvedPoint[], place: 'start' | 'end'): CellShape[] =>
  anchors.flatMap((anchor) =>
    Array.from({ length: anchor.point.repeats }, (_, repeat) => cellOf(anchor, repeat, place)),
  );

/** Fisher-Yates on a copy. */
function shuffle<Item>(items: readonly Item[], random: Random): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = random.int(0, last);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
