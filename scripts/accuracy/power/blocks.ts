import { findAccelerator } from '../../../src/accelerator/catalogue.ts';
import { POWER_BASELINES } from '../../../src/fit/power/baselines.ts';
import { fitPower, type PowerFit } from '../../../src/fit/power/fit-power.ts';
import type { PowerObservation } from '../../../src/fit/power/observation.ts';
import { powerPriors } from '../../../src/fit/power/parameters.ts';
import { predictPower } from '../../../src/fit/power/predict-power.ts';
import { fitWithLengths } from '../../../src/fit/power/unknown-lengths.ts';
import { type EnergyRow, energyObservation, energyRows } from './mlenergy.ts';
import { splitwisePowers } from './splitwise.ts';
import { tableCard } from './table-cards.ts';

/** A left-out power beside what was predicted of it. */
export interface PowerScore {
  readonly measured_w: number;
  readonly predicted_w: number;
  /** In standard deviations of the prediction and the measurement. */
  readonly z: number;
  readonly baselines: Readonly<Record<string, number | null>>;
}

export interface PowerBlock {
  readonly code: 'P1' | 'P2' | 'P3';
  readonly name: string;
  readonly scores: readonly PowerScore[];
  /** Largest mean error, percent; null: printed only. */
  readonly target: number | null;
  readonly notes: readonly string[];
}

const h100 = findAccelerator('h100-sxm');
const a100 = findAccelerator('a100-80-sxm');
const A100_LIMIT_W = 400;

type Lengths = Readonly<Record<string, number>>;

const problemOf = (rows: readonly EnergyRow[]) => (lengths: Lengths) => ({
  observations: rows.map((row) => energyObservation(row, lengths[row.task]!)),
  priors: powerPriors(h100, rows[0]!.card, null),
  limit_w: h100.tdp_w,
});

/** Fits the training rows, unknown prompt lengths included, and predicts the others with what was learnt. */
function leaveOut(
  training: readonly EnergyRow[],
  testing: readonly EnergyRow[],
): { scores: PowerScore[]; lengths: Lengths } {
  const tasks = [...new Set([...training, ...testing].map(({ task }) => task))];
  const { fit, lengths } = fitWithLengths(tasks, problemOf(training));
  const seen = training.map((row) => energyObservation(row, lengths[row.task]!));
  const asked = testing.map((row) => energyObservation(row, lengths[row.task]!));
  return { scores: scoresOf(fit, seen, asked, h100.tdp_w), lengths };
}

function scoresOf(
  fit: PowerFit,
  training: readonly PowerObservation[],
  testing: readonly PowerObservation[],
  limit_w: number | null,
): PowerScore[] {
  const baselines = POWER_BASELINES.map(({ name, train }) => [name, train(training, limit_w)] as const);
  return testing.map((one) => {
    const { power_w, log_sd } = predictPower(fit, one.traffic, limit_w);
    return {
      measured_w: one.power_w,
      predicted_w: power_w,
      z: Math.log(power_w / one.power_w) / Math.hypot(log_sd, one.relative_error),
      baselines: Object.fromEntries(baselines.map(([name, predict]) => [name, predict(one)])),
    };
  });
}

/** Every model left out whole, in turn. */
function leaveModelsOut(rows: readonly EnergyRow[]): PowerBlock {
  const models = [...new Set(rows.map(({ model }) => model))];
  const parts = models.map((model) => {
    const part = leaveOut(
      rows.filter((row) => row.model !== model),
      rows.filter((row) => row.model === model),
    );
    return { ...part, model };
  });
  const range = (task: string): string => {
    const lengths = parts.map(({ lengths }) => lengths[task]!);
    return `${task} ${Math.min(...lengths)} to ${Math.max(...lengths)}`;
  };
  return {
    code: 'P1',
    name: 'H100, 23 models, each left out whole',
    scores: parts.flatMap(({ scores }) => scores),
    target: 8,
    notes: [
      `prompt lengths (not recorded), fitted on training models: ${range('chat')}, ${range('code')} tokens; the energy per FLOP is confounded with them`,
    ],
  };
}

/** The largest batch of every curve. */
function leaveTopsOut(rows: readonly EnergyRow[]): PowerBlock {
  const curves = [...Map.groupBy(rows, ({ model, task }) => `${model} ${task}`).values()];
  const tops = new Set(
    curves.map((curve) => curve.reduce((top, row) => (row.mostBatch > top.mostBatch ? row : top))),
  );
  const { scores } = leaveOut(
    rows.filter((row) => !tops.has(row)),
    [...tops],
  );
  return { code: 'P2', name: "H100, every model's largest batch left out", scores, target: 8, notes: [] };
}

const LONGEST_SEEN = 1024;

/** Long prompts, from short ones: one model for the power over the whole request and for that of its prompt phase. */
function longPrompts(): PowerBlock[] {
  const cells = splitwisePowers(A100_LIMIT_W);
  const phases = (long: boolean, read: readonly ('whole' | 'prompt')[]): PowerObservation[] =>
    cells
      .filter(({ whole }) => whole.inputTokens > LONGEST_SEEN === long)
      .flatMap((cell) => read.map((phase) => cell[phase]));
  const training = phases(false, ['whole', 'prompt']);
  const fit = fitPower({
    observations: training,
    priors: powerPriors(a100, tableCard('meta-llama/Llama-2-70b-hf'), null),
    limit_w: A100_LIMIT_W,
  });
  const block = (name: string, target: number | null, read: readonly ('whole' | 'prompt')[]): PowerBlock => ({
    code: 'P3',
    name,
    scores: scoresOf(fit, training, phases(true, read), A100_LIMIT_W),
    target,
    notes: [],
  });
  const asked = 'A100, prompts up to 1024 tokens to 2048 and 4096';
  return [
    block(`${asked}, both phases`, 8, ['whole', 'prompt']),
    block(`${asked}, mean of the whole request`, null, ['whole']),
    block(`${asked}, highest reading (prompt phase)`, null, ['prompt']),
  ];
}

const BLOCKS = {
  P1: () => [leaveModelsOut(energyRows())],
  P2: () => [leaveTopsOut(energyRows())],
  P3: longPrompts,
};
export const POWER_CODES: readonly string[] = Object.keys(BLOCKS);

/** The blocks of the power model. @param wanted codes; undefined: all */
export const powerBlocks = (wanted: readonly string[] | undefined): PowerBlock[] =>
  Object.entries(BLOCKS).flatMap(([code, ask]) =>
    wanted === undefined || wanted.includes(code) ? ask() : [],
  );
