import { findAccelerator } from '../../../src/accelerator/catalogue.ts';
import { fitPower } from '../../../src/fit/power/fit-power.ts';
import type { PowerObservation } from '../../../src/fit/power/observation.ts';
import { powerPriors } from '../../../src/fit/power/parameters.ts';
import { fitWithLengths } from '../../../src/fit/power/unknown-lengths.ts';
import { type EnergyRow, energyObservation, energyRows } from './mlenergy.ts';
import { type PowerScore, scoresOf } from './scores.ts';
import { splitwisePowers } from './splitwise.ts';
import { tableCard } from './table-cards.ts';

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
  inner: (training: readonly EnergyRow[]) => readonly (readonly (readonly EnergyRow[])[])[],
): { scores: PowerScore[]; lengths: Lengths } {
  const tasks = [...new Set([...training, ...testing].map(({ task }) => task))];
  const { fit, lengths } = fitWithLengths(tasks, problemOf(training));
  const seen = training.map((row) => energyObservation(row, lengths[row.task]!));
  const asked = testing.map((row) => energyObservation(row, lengths[row.task]!));
  const observed = new Map(training.map((row, index) => [row, seen[index]!]));
  const folds = inner(training).map((fold) => fold.map((rows) => rows.map((row) => observed.get(row)!)));
  const { priors, limit_w } = problemOf(training)(lengths);
  return { scores: scoresOf(fit, seen, asked, { priors, limit_w, folds }), lengths };
}

/** Every model left out whole, in turn. */
function leaveModelsOut(rows: readonly EnergyRow[]): PowerBlock {
  const models = [...new Set(rows.map(({ model }) => model))];
  const parts = models.map((model) => {
    const part = leaveOut(
      rows.filter((row) => row.model !== model),
      rows.filter((row) => row.model === model),
      (training) => [...Map.groupBy(training, (row) => row.model).values()].map((group) => [group]),
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
function topsOf(rows: readonly EnergyRow[]): EnergyRow[] {
  const curves = [...Map.groupBy(rows, ({ model, task }) => `${model} ${task}`).values()];
  return curves.map((curve) => curve.reduce((top, row) => (row.mostBatch > top.mostBatch ? row : top)));
}

function leaveTopsOut(rows: readonly EnergyRow[]): PowerBlock {
  const tops = new Set(topsOf(rows));
  const { scores } = leaveOut(
    rows.filter((row) => !tops.has(row)),
    [...tops],
    // The largest that is left of every curve.
    (training) => [topsOf(training).map((row) => [row])],
  );
  return { code: 'P2', name: "H100, every model's largest batch left out", scores, target: 8, notes: [] };
}

const LONGEST_SEEN = 1024;

/** Long prompts, from short ones: one model for the power over the whole request and for that of its prompt phase. */
function longPrompts(): PowerBlock[] {
  const cells = splitwisePowers(A100_LIMIT_W);
  type Phases = readonly ('whole' | 'prompt')[];
  const between = (above: number, most: number, read: Phases): PowerObservation[][] =>
    cells
      .filter(({ whole: { inputTokens } }) => inputTokens > above && inputTokens <= most)
      .map((cell) => read.map((phase) => cell[phase]));
  const both = ['whole', 'prompt'] as const;
  const training = between(0, LONGEST_SEEN, both).flat();
  const problem = {
    priors: powerPriors(a100, tableCard('meta-llama/Llama-2-70b-hf'), null),
    limit_w: A100_LIMIT_W,
  };
  const fit = fitPower({ ...problem, observations: training });
  // As far beyond the longest that is seen: two lengths, each twice the one before.
  const folds = [between(LONGEST_SEEN / 4, LONGEST_SEEN, both)];
  const block = (name: string, target: number | null, read: Phases): PowerBlock => ({
    code: 'P3',
    name,
    scores: scoresOf(fit, training, between(LONGEST_SEEN, Infinity, read).flat(), { ...problem, folds }),
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
