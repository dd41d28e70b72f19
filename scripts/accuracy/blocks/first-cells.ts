import { fitDataset } from '../../../src/fit/fit-dataset.ts';
import { type Bench, foreignErrors, score } from '../bench.ts';
import { pooled, type Score } from '../score.ts';
import { cellsToMeasure, guess, unseen, wholeModel } from '../unmeasured.ts';
import type { Block } from './block.ts';
import {
  ATOM,
  B_GPT_OSS,
  B_LLAMA,
  B_LLAMA_TRT,
  B_MINIMAX,
  GPT_OSS,
  knownServer,
  LLAMA,
  LLAMA_8B,
  MI300X,
  MI355X,
  MINIMAX,
  QWEN,
  type Served,
} from './served.ts';

const SETS = [
  ...[LLAMA, QWEN, GPT_OSS, MINIMAX, LLAMA_8B],
  ...[B_LLAMA, B_LLAMA_TRT, B_GPT_OSS, B_MINIMAX, MI300X, MI355X, ATOM],
];
const COUNTS = [1, 3] as const;
const PRIORS = ['device file', 'catalogue'] as const;

/** A fit of the first cells of a model that no other fit is of, as `ridge fit` makes it, on the cells that it did not see. */
function afterCells(bench: Bench, one: Served, count: number, prior: (typeof PRIORS)[number]): Score {
  const expected = guess(knownServer(one), wholeModel);
  // Chosen by what is expected, so that both priors have the same.
  const cells = cellsToMeasure(expected, count);
  const { model } = fitDataset(
    { ...expected.target, unknown: [], observations: cells },
    { ...bench.options, ...(prior === 'device file' && { expected }) },
  );
  const question = { block: 'FC', name: `${one.name}, ${count} cells, ${prior}`, targets: null };
  return {
    ...score(question, 'transfer', foreignErrors(model, unseen(expected, cells), cells)),
    repeated: true,
  };
}

/** What the device file gives as the prior of a new model's first cells, beside the catalogue's. */
export const FIRST_CELLS: Block = {
  code: 'FC',
  ask: (bench) =>
    COUNTS.flatMap((count) =>
      PRIORS.map((prior) => {
        const scores = SETS.map((one) => afterCells(bench, one, count, prior));
        const cells = count === 1 ? '1 cell' : `${count} cells`;
        return pooled(
          `a model left out, ${cells} of each of ${SETS.length} sets, prior ${prior}`,
          scores,
          null,
        );
      }),
    ),
};
