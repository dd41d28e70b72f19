import { mean } from 'simple-statistics';
import type { ServingMeans } from '../roofline/serving.ts';
import { median } from '../stats/sorted.ts';
import { blocksOf } from './blocks.ts';
import { leaveOut } from './cross-validation.ts';
import type { RooflineFit } from './fit-roofline.ts';

/** Cells whose decode steps run in kernels of one size: a tensor parallel size and streams from `least` to `most`. */
export interface ResidualBucket {
  readonly tensor_parallel: number;
  readonly least: number;
  readonly most: number;
  /** Measured over predicted TPOT. */
  readonly ratio: number;
  readonly cells: number;
}

/**
 * What a smooth roofline cannot see of TPOT: kernels and graphs are chosen by batch size. Kept apart from the parameters, and
 * only where cells of shapes that the fit did not see are predicted better with it.
 */
export interface ResidualTable {
  readonly buckets: readonly ResidualBucket[];
  /** Mean absolute error on TPOT of each shape left out, percent. */
  readonly unseen_mape: { readonly without: number; readonly with: number };
}

interface Sample {
  readonly tensorParallel: number;
  readonly streams: number;
  readonly shape: string;
  /** Log of predicted over measured. */
  readonly residual: number;
}

/** The error has to fall by so much, or the table is noise. */
const LEAST_GAIN = 0.1;
const LARGEST_RATIO = 2;
const FEWEST_CELLS = 2;

/** The table of a fit; null where it does not earn its place. */
export function residualTable(fit: RooflineFit): ResidualTable | null {
  const samples = fit.terms
    .filter(({ metric, source }) => metric === 'tpot' && !source)
    .map((term): Sample => sampleOf(term.observation, term.residual));
  const shapes = blocksOf(fit.solution.problem.input.observations).filter(({ kind }) => kind === 'shape');
  const before: number[] = [];
  const after: number[] = [];
  for (const { cells } of shapes) {
    const names = new Set([...cells].map((one) => shapeName(one.input_tokens, one.output_tokens)));
    const buckets = bucketsOf(samples.filter(({ shape }) => !names.has(shape)));
    for (const { observation, metric, source, residual } of leaveOut(fit, cells)) {
      if (metric !== 'tpot' || source) continue;
      const { tensorParallel, streams } = sampleOf(observation, residual);
      before.push(Math.abs(Math.expm1(residual)));
      after.push(Math.abs(Math.expm1(residual + Math.log(ratioFor(buckets, tensorParallel, streams)))));
    }
  }
  if (before.length === 0) return null;
  const [without, corrected] = [mean(before) * 100, mean(after) * 100];
  if (corrected > without * (1 - LEAST_GAIN)) return null;
  return { buckets: bucketsOf(samples), unseen_mape: { without, with: corrected } };
}

const shapeName = (input: number, output: number): string => `${input}/${output}`;

const sampleOf = (
  one: {
    readonly engine: { readonly tensorParallel: number };
    readonly concurrency: number;
    readonly input_tokens: number;
    readonly output_tokens: number;
  },
  residual: number,
): Sample => ({
  tensorParallel: one.engine.tensorParallel,
  streams: one.concurrency,
  shape: shapeName(one.input_tokens, one.output_tokens),
  residual,
});

/** Batch sizes between two powers of two share a bucket. */
const classOf = (streams: number): number => Math.floor(Math.log2(streams));

function bucketsOf(samples: readonly Sample[]): ResidualBucket[] {
  const groups = Map.groupBy(samples, (one) => `${one.tensorParallel} ${classOf(one.streams)}`);
  return [...groups.values()].flatMap((group): ResidualBucket[] => {
    if (group.length < FEWEST_CELLS) return [];
    const { tensorParallel, streams } = group[0]!;
    const middle = median(group.map(({ residual }) => residual))!;
    // Few cells are believed less: their median is drawn towards no correction.
    const ratio = Math.exp((-middle * group.length) / (group.length + 1));
    return [
      {
        tensor_parallel: tensorParallel,
        least: 2 ** classOf(streams),
        most: 2 ** (classOf(streams) + 1) - 1,
        ratio: Math.min(LARGEST_RATIO, Math.max(1 / LARGEST_RATIO, ratio)),
        cells: group.length,
      },
    ];
  });
}

/** The correction of TPOT for a batch size; 1 where the table has none. */
function ratioFor(buckets: readonly ResidualBucket[], tensorParallel: number, streams: number): number {
  const found = buckets.find(
    (bucket) =>
      bucket.tensor_parallel === tensorParallel && bucket.least <= streams && streams <= bucket.most,
  );
  return found?.ratio ?? 1;
}

/** Means with TPOT corrected, and E2E and throughput with it. */
export function withTable(
  means: ServingMeans,
  table: ResidualTable | null,
  cell: {
    readonly tensorParallel: number;
    readonly concurrency: number;
    readonly outputTokens: number;
    readonly turnAroundSeconds: number | null;
  },
): ServingMeans {
  if (table === null || means.tpotSeconds === null) return means;
  const ratio = ratioFor(table.buckets, cell.tensorParallel, cell.concurrency);
  const tpotSeconds = means.tpotSeconds * ratio;
  const e2eSeconds = means.e2eSeconds + (cell.outputTokens - 1) * (tpotSeconds - means.tpotSeconds);
  const away = cell.turnAroundSeconds ?? 0;
  return {
    ...means,
    tpotSeconds,
    e2eSeconds,
    outputTokensPerSecond: (means.outputTokensPerSecond * (means.e2eSeconds + away)) / (e2eSeconds + away),
  };
}
