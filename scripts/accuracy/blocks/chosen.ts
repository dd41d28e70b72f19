import type { Dataset } from '../../../src/fit/dataset.ts';
import { summariseErrors } from '../../../src/fit/errors.ts';
import type { Observation } from '../../../src/fit/observations.ts';
import { createRandom } from '../../../src/stats/random.ts';
import type { Bench } from '../bench.ts';
import { chosenCells } from '../choose-cells.ts';
import { pooled, type Score, type Targets } from '../score.ts';
import type { Block, Named } from './block.ts';
import { LLAMA_B200, LLAMA_H100 } from './sets.ts';

const CHOSEN = 8;
const RANDOM = 24;
const DRAWS = 10;

/** Few cells, well chosen, against many at random: the errors on all the others. */
export const NEXT8: Block = {
  code: 'NEXT8',
  ask: (bench) => [LLAMA_H100, LLAMA_B200].flatMap((set) => chosenAgainstRandom(bench, set)),
};

function chosenAgainstRandom(bench: Bench, { name, data }: Named): Score[] {
  const dataset = data();
  const predictRest = (what: string, training: readonly Observation[], targets: Targets | null): Score =>
    bench.predict(
      { block: 'NEXT8', name: `${name}, ${what}`, targets },
      dataset,
      training,
      dataset.observations.filter((one) => !training.includes(one)),
    );
  const draws = Array.from({ length: DRAWS }, (_, draw) => predictRest('', randomCells(dataset, draw), null));
  const random = pooled(`${name}, ${RANDOM} random cells, ${DRAWS} draws (${rangesOf(draws)})`, draws, null);
  const chosen = chosenCells(bench, dataset, CHOSEN);
  const targets = asGoodAs(random);
  return [{ ...predictRest(`${CHOSEN} chosen cells`, chosen, targets), repeated: true }, random];
}

function randomCells({ observations }: Dataset, seed: number): Observation[] {
  const random = createRandom(seed + 1);
  const keyed = observations.map((observation) => ({ observation, key: random.uniform() }));
  return keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, RANDOM)
    .map(({ observation }) => observation);
}

/** Least and largest error of the draws, TPOT and TTFT: what luck is worth. */
function rangesOf(draws: readonly Score[]): string {
  const summaries = draws.flatMap(({ outcome }) =>
    outcome.state === 'scored' ? [summariseErrors(outcome.errors)] : [],
  );
  return (['tpot_ms', 'ttft_ms'] as const)
    .map((metric) => summaries.map((summary) => summary[metric]!.mape))
    .map((errors) => `${Math.min(...errors).toFixed(1)}-${Math.max(...errors).toFixed(1)}`)
    .join(', ');
}

function asGoodAs({ outcome }: Score): Targets | null {
  if (outcome.state === 'refused') return null;
  const { tpot_ms, ttft_ms } = summariseErrors(outcome.errors);
  const round = (value: number): number => Number(value.toFixed(1));
  return { tpot: round(tpot_ms!.mape), ttft: round(ttft_ms!.mape), source: 'goal' };
}
