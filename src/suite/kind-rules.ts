import { RidgeError } from '../errors.ts';
import type { CellKind, GridBlock } from './schema.ts';
import type { YamlSource } from './yaml-source.ts';

/** Fewest output tokens of a batch: below that there are too few steps in which all of it decodes. */
const FEWEST_DECODE_TOKENS = 16;
/** The time to the second token needs one. */
const FEWEST_DISAGGREGATED_TOKENS = 2;

interface Oddity {
  readonly key: 'output' | 'load';
  readonly problem: string;
  readonly mend: string;
}

/**
 * Holds a block of the grid to what its kind can measure.
 * @throws RidgeError (exit 2) that names the key which does not fit
 */
export function refuseOddKind(block: GridBlock, index: number, source: YamlSource | null): void {
  const kind = block.kind ?? 'load';
  const oddity = oddityOf(kind, block);
  if (oddity === null) return;
  throw new RidgeError(oddity.problem, {
    ...(source ? { where: source.where(['grid', index, oddity.key]) } : {}),
    mend: oddity.mend,
  });
}

function oddityOf(kind: CellKind, { output, load }: GridBlock): Oddity | null {
  switch (kind) {
    case 'load':
      return null;
    case 'prefill':
      return output.some((tokens) => tokens !== 1)
        ? { key: 'output', problem: 'prefill cells have one output token', mend: 'Write output: [1].' }
        : needsConcurrency(kind, load);
    case 'decode':
      return fewest(kind, output, FEWEST_DECODE_TOKENS) ?? notOpen(kind, load);
    case 'disaggregated':
      return fewest(kind, output, FEWEST_DISAGGREGATED_TOKENS) ?? needsConcurrency(kind, load);
  }
}

function fewest(kind: CellKind, output: readonly number[], least: number): Oddity | null {
  if (output.every((tokens) => tokens >= least)) return null;
  return {
    key: 'output',
    problem: `${kind} cells need ${least} output tokens or more`,
    mend: `Raise output to ${least} or more.`,
  };
}

function notOpen(kind: CellKind, load: GridBlock['load']): Oddity | null {
  if (!('rate_per_s' in load)) return null;
  return {
    key: 'load',
    problem: `${kind} cells have no arrival rate`,
    mend: 'Write load: { concurrency: [..] } or { kv_fill: [..] }.',
  };
}

function needsConcurrency(kind: CellKind, load: GridBlock['load']): Oddity | null {
  if ('concurrency' in load) return null;
  return {
    key: 'load',
    problem: `the load of ${kind} cells is a number of streams`,
    mend: 'Write load: { concurrency: [..] }.',
  };
}
