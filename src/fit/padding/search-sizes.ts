import type { Padding } from '../../roofline/padding.ts';
import { BLOCK_SIZE, type GeneratedSizes, graphs } from './generated.ts';
import type { Screened } from './screen.ts';

/** Sizes that explain the data best of all that were made up for it. */
export interface FoundSizes {
  readonly padding: Padding;
  readonly screened: Screened;
}

/** What a search starts from. */
export interface KnownScreens {
  readonly plain: Screened;
  /** Static shapes, from which each axis is varied. */
  readonly shapes: FoundSizes;
}

const AXES = ['query', 'kv_blocks', 'batch'] as const;
const SWEEPS = 2;

/**
 * Looks among sizes of CUDA graphs, then from given static shapes one axis after the other, each search going on from where the
 * best one before it ended.
 */
export function searchSizes(
  generated: GeneratedSizes,
  { plain, shapes }: KnownScreens,
  screened: (padding: Padding, near: readonly number[]) => Screened,
): FoundSizes {
  const tried = generated.batch.map((batch) => {
    const padding = graphs(batch);
    return { padding, screened: screened(padding, plain.point) };
  });
  let best = shapes;
  for (let sweep = 0, moved = true; moved && sweep < SWEEPS; sweep += 1) {
    moved = false;
    for (const axis of AXES) {
      for (const sizes of [shapes.padding[axis], ...generated[axis]]) {
        if (sizes === best.padding[axis]) continue;
        const padding = { ...best.padding, [axis]: sizes };
        const found = { padding, screened: screened(padding, best.screened.point) };
        if (found.screened.robustCost < best.screened.robustCost) [best, moved] = [found, true];
      }
    }
  }
  return [...tried, best].reduce((a, b) => (b.screened.robustCost < a.screened.robustCost ? b : a));
}

/** Looks among all of them together: of engine steps a search takes a tenth of a second, and each axis alone explains little. */
export function searchAll(
  generated: GeneratedSizes,
  plain: Screened,
  screened: (padding: Padding, near: readonly number[]) => Screened,
): FoundSizes {
  const shapes = generated.batch.flatMap((batch) =>
    generated.query.flatMap((query) =>
      generated.kv_blocks.map((kv_blocks): Padding => ({ batch, query, kv_blocks, block_size: BLOCK_SIZE })),
    ),
  );
  return [...generated.batch.map(graphs), ...shapes]
    .map((padding): FoundSizes => ({ padding, screened: screened(padding, plain.point) }))
    .reduce((a, b) => (b.screened.robustCost < a.screened.robustCost ? b : a));
}

export const countOfAll = ({ batch, query, kv_blocks }: GeneratedSizes): number =>
  batch.length * (1 + query.length * kv_blocks.length);

/** How many sizes a search one axis after the other tries, at most once each. */
export const countOf = ({ batch, query, kv_blocks }: GeneratedSizes): number =>
  2 * batch.length + query.length + kv_blocks.length;
