import { describe, expect, test } from 'vitest';
import { type DatasetFit, errorsOn, fitDataset } from '../../../src/fit/fit-dataset.ts';
import { observationsFromRuns, type RunCells } from '../../../src/fit/from-runs.ts';
import { shapeOf } from '../../../src/fit/observations.ts';
import { paddingScores } from '../../../src/fit/padding/scores.ts';
import { DEFAULT_FIT_OPTIONS } from '../../../src/fit/search.ts';
import type { Padding } from '../../../src/roofline/padding.ts';
import { scheduledMeans } from '../../../src/roofline/scheduler/scheduled-means.ts';
import { suiteSchema } from '../../../src/suite/schema.ts';
import { card, truth } from '../virtual.ts';
import { measured, withBuckets } from './gaudi.ts';

function fitted(run: RunCells) {
  const data = observationsFromRuns([run]);
  const held = data.observations.filter(({ hold_out }) => hold_out);
  const seen = { ...data, observations: data.observations.filter(({ hold_out }) => !hold_out) };
  const fit = fitDataset(seen, DEFAULT_FIT_OPTIONS);
  const scores = (one: DatasetFit) => paddingScores(one.fit, errorsOn(one, held, 'scheduler'));
  return { fit, scores };
}

/** The farthest of the parameters that this suite tells, as a factor. */
const farthest = ({ fit }: DatasetFit): number =>
  Math.max(...fit.names.map((name) => Math.exp(Math.abs(Math.log(fit.parameters[name] / truth[name])))));

const gaudi = measured({ buckets: 'warm' });

describe('a server in static shapes', () => {
  test('whose lab says them is fitted with them, and recovered; without them the fit is visibly worse', () => {
    const { fit, scores } = fitted(withBuckets(gaudi));
    const { padding } = fit;
    expect(padding).toMatchObject({ value: 'read', used: true, tried: [] });
    expect(padding!.cost_ratio).toBeLessThan(0.3);
    expect(farthest(fit)).toBeLessThan(1.06);
    expect(farthest(padding!.rival)).toBeGreaterThan(1.3);
    const [own, without] = [scores(fit), scores(padding!.rival)];
    for (const kind of ['in_sample', 'left_out', 'hold_out'] as const) {
      expect(own[kind]!.tpot_mape).toBeLessThan(1);
      expect(without[kind]!.tpot_mape).toBeGreaterThan(3 * own[kind]!.tpot_mape!);
    }
  }, 60_000);

  test('of which nothing is known is told by its staircase', () => {
    const { fit } = fitted(gaudi);
    expect(fit.padding).toMatchObject({ value: 'doubling_shapes', used: true });
    expect(fit.padding!.tried[0]).toMatchObject({ value: 'doubling_shapes' });
    expect(fit.padding!.tried.length).toBeGreaterThan(1);
    expect(farthest(fit)).toBeLessThan(1.06);
  }, 60_000);
});

test('a server that pads nothing shows no staircase, and is fitted without where a lab file says buckets that it lacks', () => {
  const plain = measured();
  const { fit } = fitted(plain);
  expect(fit.padding).toBeUndefined();
  const { fit: doubted } = fitted(withBuckets(plain));
  expect(doubted.padding).toMatchObject({ value: 'read', used: false });
  expect(doubted.fit.parameters).toEqual(fit.fit.parameters);
}, 60_000);

test('a server whose log says that it captured no graphs pads nothing, and nobody looks for a staircase', () => {
  const targets = gaudi.run.targets.map((target) => ({ ...target, graph_sizes: [] }));
  const { fit } = fitted({ ...gaudi, run: { ...gaudi.run, targets } });
  expect(fit.padding).toBeUndefined();
}, 60_000);

test('prompts in pieces and with a cached beginning take as long on the simulated server as the model has it', () => {
  const suite = suiteSchema.parse({
    schema_version: 1,
    name: 'contexts',
    grid: [
      { input: [7000], output: [2], load: { concurrency: [1] } },
      { kind: 'cached', input: [5000], cached_input: [4400], output: [2], load: { concurrency: [1] } },
    ],
    stop: { min_s: 1, max_requests: 40 },
  });
  const run = withBuckets(measured({ buckets: 'warm', maxNumBatchedTokens: 1024 }, suite));
  const { observations } = observationsFromRuns([run]);
  expect(observations.map(({ cached_input_tokens: cached }) => cached ?? 0)).toEqual([0, 4400]);
  for (const one of observations) {
    const seconds = (padding: Padding): number =>
      scheduledMeans(card, truth, { ...one.engine, padding }, shapeOf(one)).ttftSeconds;
    const { source: _, context_blocks, ...others } = one.read_padding!;
    expect(context_blocks!.length).toBeGreaterThan(10);
    expect(seconds({ ...others, context_blocks }) / one.ttft!.seconds).toBeCloseTo(1, 2.3);
    expect(seconds(others)).toBeLessThan(0.97 * one.ttft!.seconds);
  }
});
