import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { bindCard } from '../../src/accelerator/peaks.ts';
import { cellErrors } from '../../src/fit/errors.ts';
import { fittedModel } from '../../src/fit/fit-dataset.ts';
import { DEFAULT_FIT_OPTIONS, fitRoofline } from '../../src/fit/fit-roofline.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { chooseNext, type MeasuredSite, type NextCandidate } from '../../src/fit/next-cells.ts';
import { priorModel } from '../../src/fit/next-prior.ts';
import { type Observation, shapeOf } from '../../src/fit/observations.ts';
import type { FittedModel } from '../../src/fit/predictive.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { candidateGrid } from '../../src/plan/candidate-grid.ts';
import { closedLoopCell } from '../../src/plan/closed-loop-cell.ts';
import { cellCost } from '../../src/plan/estimate.ts';
import { PARAMETER_NAMES, type RooflineParameters } from '../../src/roofline/parameters.ts';
import { parameterPriors } from '../../src/roofline/priors.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { EFFECT_NAMES } from '../../src/simulate/effects.ts';
import { createRandom } from '../../src/stats/random.ts';
import { suiteSchema } from '../../src/suite/schema.ts';
import { virtualRun } from '../recovery/virtual-run.ts';

const accelerator = findAccelerator('h100-sxm');
const card = bindCard(builtInCard('llama-3.1-8b')!, accelerator);
const priors = parameterPriors(accelerator, card);
const names = PARAMETER_NAMES.filter((name) => name !== 'expert_flop_per_s');
const TENSOR_PARALLEL = [1, 2];
const CHOSEN = 8;
const FIRST = 5;
const RANDOM = 24;
const RANDOM_DRAWS = 3;

export interface SeedErrors {
  readonly ttft: number;
  readonly tpot: number;
  readonly minutes: number;
  readonly cells: number;
}

interface PoolCell extends NextCandidate {
  readonly observation: Observation;
}

/** Truth between the quartiles of every prior's bounds on a log scale. */
function drawTruth(seed: number): RooflineParameters {
  const random = createRandom(seed);
  return Object.fromEntries(
    PARAMETER_NAMES.map((name) => {
      const { centre, log_sd } = priors[name];
      return [name, centre * Math.exp(log_sd * 1.5 * (2 * random.uniform() - 1))];
    }),
  ) as unknown as RooflineParameters;
}

/** Every cell of a grid measured on TP 1 and 2 of one simulated device, with effects that the model lacks. */
export function poolOf(seed: number): PoolCell[] {
  const parameters = drawTruth(seed);
  const devices = TENSOR_PARALLEL.map((tensorParallel) =>
    createDevice({ accelerator, card, tensorParallel, parameters, seed, effects: EFFECT_NAMES }),
  );
  const keep = new Set([128, 1024, 4096, 16_384]);
  const loads = new Set([1, 8, 32, 128]);
  const outputs = new Set([2, 64, 256]);
  const { maxNumSeqs, kvCapacityTokens } = devices[0]!.settings;
  const cells = candidateGrid({
    engine: { maxNumSeqs, kvCapacityTokens },
    maxLengthTokens: devices[0]!.maxLengthTokens,
  }).filter(
    (cell) => keep.has(cell.input_tokens) && loads.has(cell.concurrency) && outputs.has(cell.output_tokens),
  );
  const suite = suiteSchema.parse({
    schema_version: 1,
    name: 'pool',
    grid: cells.map(({ input_tokens, output_tokens, concurrency }) => ({
      input: [input_tokens],
      output: [output_tokens],
      load: { concurrency: [concurrency] },
    })),
    stop: { min_s: 2, max_requests: 400 },
  });
  const run = virtualRun(suite, devices, { seed, stampErrorSeconds: 0.2e-3 });
  const { observations } = observationsFromRuns([run]);
  return observations.map((observation) => {
    const { engine } = observation;
    const cell = closedLoopCell(observation);
    const model = { card, priors, centre: priorModel(card, priors, names).parameters, engine };
    return {
      observation,
      engine,
      shape: shapeOf(observation),
      ...cellCost(model, cell, suite.protocol, suite.stop),
    };
  });
}

const modelFrom = (cells: readonly PoolCell[]): FittedModel =>
  fittedModel(
    fitRoofline(
      { card, priors, observations: cells.map(({ observation }) => observation) },
      DEFAULT_FIT_OPTIONS,
    ),
  );

function choose(
  pool: readonly PoolCell[],
  model: FittedModel,
  before: readonly PoolCell[],
  count: number,
  criterion: 'i' | 'd',
): PoolCell[] {
  const measured = before.map(
    ({ engine, shape, observation: { ttft, tpot } }): MeasuredSite => ({
      engine,
      shape,
      errors: { ttft: ttft?.relative_error ?? null, tpot: tpot?.relative_error ?? null },
    }),
  );
  const candidates = pool.filter((one) => !before.includes(one));
  const next = chooseNext({ model, priors, names, measured, candidates, asked: pool, count, criterion });
  return [...before, ...next.cells.map(({ candidate }) => candidate)];
}

/** Errors on the cells of the pool that neither way of choosing took. */
export function errorsAfter(pool: readonly PoolCell[], seed: number): Record<string, SeedErrors> {
  const prior = priorModel(card, priors, names);
  const random = createRandom(1000 + seed);
  const sets: Record<string, PoolCell[][]> = {
    'chosen at once': [choose(pool, prior, [], CHOSEN, 'i')],
    'chosen at once, d': [choose(pool, prior, [], CHOSEN, 'd')],
    'chosen in rounds': [chooseInRounds(pool, prior)],
    'random 24': Array.from({ length: RANDOM_DRAWS }, () => draw(pool, RANDOM, () => random.uniform())),
    'random 8': Array.from({ length: RANDOM_DRAWS }, () => draw(pool, CHOSEN, () => random.uniform())),
  };
  return Object.fromEntries(
    Object.entries(sets).map(([name, several]) => [
      name,
      meanOf(several.map((cells) => errorsOf(pool, cells))),
    ]),
  );
}

function chooseInRounds(pool: readonly PoolCell[], prior: FittedModel): PoolCell[] {
  let cells = choose(pool, prior, [], FIRST, 'i');
  while (cells.length < CHOSEN) cells = choose(pool, modelFrom(cells), cells, 1, 'i');
  return cells;
}

function draw(pool: readonly PoolCell[], count: number, uniform: () => number): PoolCell[] {
  const keyed = pool.map((cell) => ({ cell, key: uniform() }));
  return keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ cell }) => cell);
}

function errorsOf(pool: readonly PoolCell[], cells: readonly PoolCell[]): SeedErrors {
  const rest = pool.filter((one) => !cells.includes(one)).map(({ observation }) => observation);
  const errors = cellErrors(modelFrom(cells), rest, 'scheduler');
  const mean = (key: 'ttft_ms' | 'tpot_ms'): number => {
    const own = errors.filter(({ metric }) => metric === key).map((one) => Math.abs(one.error_percent));
    return own.reduce((sum, one) => sum + one, 0) / own.length;
  };
  return {
    ttft: mean('ttft_ms'),
    tpot: mean('tpot_ms'),
    minutes: cells.reduce((sum, { seconds }) => sum + seconds / 60, 0),
    cells: cells.length,
  };
}

function meanOf(all: readonly SeedErrors[]): SeedErrors {
  const mean = (read: (one: SeedErrors) => number): number =>
    all.reduce((sum, one) => sum + read(one), 0) / all.length;
  return {
    ttft: mean((one) => one.ttft),
    tpot: mean((one) => one.tpot),
    minutes: mean((one) => one.minutes),
    cells: mean((one) => one.cells),
  };
}
