import type { Observation } from './observations.ts';

/** Cells that are left out together, because predicting them from the others is a question that a user asks. */
export interface Block {
  /** For example `tp 4`. */
  readonly name: string;
  readonly kind: 'shape' | 'tp' | 'load';
  readonly cells: ReadonlySet<Observation>;
}

const FEWEST_SHAPES = 3;
const FEWEST_SIZES = 2;
const FEWEST_LOADS = 3;

/** Every shape, every tensor parallel size, and the highest load, where the rest is still worth a fit. */
export function blocksOf(observations: readonly Observation[]): Block[] {
  const by = (kind: Block['kind'], key: (one: Observation) => string): Block[] =>
    [...Map.groupBy(observations, key)].map(([name, cells]) => ({
      name: `${kind} ${name}`,
      kind,
      cells: new Set(cells),
    }));
  const shapes = by('shape', (one) => `${one.input_tokens}/${one.output_tokens}`);
  const sizes = by('tp', (one) => String(one.engine.tensorParallel));
  const loads = [...new Set(observations.map((one) => one.concurrency))].sort((a, b) => a - b);
  const top = loads.at(-1);
  return [
    ...(shapes.length >= FEWEST_SHAPES ? shapes : []),
    ...(sizes.length >= FEWEST_SIZES ? sizes : []),
    ...(loads.length >= FEWEST_LOADS
      ? by('load', (one) => String(one.concurrency)).filter(({ name }) => name === `load ${top}`)
      : []),
  ];
}

/** Every load in turn: what is learnt from some batch sizes about another, whose kernels may differ. */
export function loadBlocks(observations: readonly Observation[]): Block[] {
  const loads = [...Map.groupBy(observations, (one) => one.concurrency)];
  if (loads.length < FEWEST_LOADS) return [];
  return loads.map(([load, cells]) => ({ name: `load ${load}`, kind: 'load', cells: new Set(cells) }));
}

/**
 * Why the cells outside a block cannot tell what the block asks; null when they can. A refusal is an answer: a number would be
 * an extrapolation along a direction that was never measured.
 */
export function refusal(training: readonly Observation[], testing: readonly Observation[]): string | null {
  if (training.length === 0) return 'no cell to train on';
  const values = (cells: readonly Observation[], read: (one: Observation) => number): Set<number> =>
    new Set(cells.map(read));
  const lengths = values(training, (one) => one.input_tokens);
  const asked = values(testing, (one) => one.input_tokens);
  if (lengths.size < 2 && [...asked].some((length) => !lengths.has(length))) {
    return `one prompt length in training (${[...lengths].join()}), another asked for`;
  }
  const sizes = values(training, (one) => one.engine.tensorParallel);
  const askedSizes = values(testing, (one) => one.engine.tensorParallel);
  if (sizes.size < 2 && [...askedSizes].some((size) => !sizes.has(size))) {
    return `one tensor parallel size in training (${[...sizes].join()}), another asked for`;
  }
  return null;
}
