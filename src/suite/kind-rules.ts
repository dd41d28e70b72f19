import { RidgeError } from '../errors.ts';
import type { CellKind, GridBlock } from './schema.ts';
import type { YamlSource } from './yaml-source.ts';

/** Tokens of a KV block of vLLM on GPUs. */
const CACHED_BLOCK = 16;
/** Fewest output tokens of a batch: below that there are too few steps in which all of it decodes. */
const FEWEST_DECODE_TOKENS = 16;
/** The time to the second token needs one. */
const FEWEST_DISAGGREGATED_TOKENS = 2;

interface Oddity {
  readonly key: 'output' | 'load' | 'cached_input' | 'kind';
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

function oddityOf(kind: CellKind, block: GridBlock): Oddity | null {
  const { output, load } = block;
  if (kind !== 'cached' && block.cached_input !== undefined) {
    return {
      key: 'cached_input',
      problem: `${kind} cells have no cached_input`,
      mend: 'Write kind: cached, or leave cached_input out.',
    };
  }
  switch (kind) {
    case 'speculative':
      return needsConcurrency(kind, load);
    case 'cached':
      return needsConcurrency(kind, load) ?? oddCachedInput(block);
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

/** A prefix cache gives whole blocks, and a prompt has a token left to compute. */
function oddCachedInput({ input, cached_input }: GridBlock): Oddity | null {
  const shortest = Math.min(...input);
  if (cached_input?.every((tokens) => tokens % CACHED_BLOCK === 0 && tokens < shortest)) return null;
  return {
    key: cached_input === undefined ? 'kind' : 'cached_input',
    problem:
      cached_input === undefined
        ? 'cached cells need cached_input'
        : `cached_input takes multiples of ${CACHED_BLOCK} below the shortest input (${shortest})`,
    mend: `For example input: [4096], cached_input: [2048].`,
  };
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
