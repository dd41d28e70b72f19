import { EXIT, RidgeError } from '../errors.ts';
import { bootstrap, DEFAULT_BOOTSTRAP } from '../fit/bootstrap.ts';
import { fitDataset } from '../fit/fit-dataset.ts';
import { DEFAULT_FIT_OPTIONS, type FitOptions } from '../fit/fit-roofline.ts';
import { observationsFromRuns, type RunCells } from '../fit/from-runs.ts';
import type { Observation } from '../fit/observations.ts';
import { parametersInData, termsOf } from '../fit/problem.ts';
import { ScheduleCache } from '../fit/schedule-cache.ts';
import { type OnProgress, validate } from '../fit/validate.ts';
import type { ModelCard } from '../model/card.ts';
import { digestOf } from '../suite/digest.ts';
import { buildFit } from './build.ts';
import type { Fit } from './schema.ts';
import { withDigest } from './write.ts';

/** A value of an axis whose cells are kept from the fit, beside those that the suite keeps. */
export interface HoldOut {
  readonly axis: 'input' | 'output' | 'concurrency' | 'tp';
  readonly value: number;
}

export interface MakeFitOptions {
  readonly seed?: number | undefined;
  readonly holdOut?: readonly HoldOut[] | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly createdAt: string;
  readonly toolVersion: string;
}

/** Whether a hold-out rule covers an observation. */
const matches = (one: Observation, { axis, value }: HoldOut): boolean =>
  ({
    input: one.input_tokens,
    output: one.output_tokens,
    concurrency: one.concurrency,
    tp: one.engine.tensorParallel,
  })[axis] === value;

/**
 * Fits the roofline to runs and validates the fit.
 * @throws RidgeError (exit 2) naming what the runs lack; (exit 1) when there are too few usable cells
 */
export function makeFit(runs: readonly RunCells[], options: MakeFitOptions): Fit {
  const read = observationsFromRuns(runs);
  const rules = options.holdOut ?? [];
  const data = {
    ...read,
    observations: read.observations.map((one) =>
      rules.some((rule) => matches(one, rule)) ? { ...one, hold_out: true } : one,
    ),
  };
  const seen = data.observations.filter((one) => !one.hold_out);
  refuseTooFew(data.card, seen, data.left_out.length);
  const fitOptions: FitOptions = {
    ...DEFAULT_FIT_OPTIONS,
    seed: options.seed ?? DEFAULT_FIT_OPTIONS.seed,
    schedules: new ScheduleCache(),
  };
  const progress = options.onProgress ?? (() => {});
  progress('fit', 0, 1);
  const dataset = { ...data, observations: seen };
  const fitted = fitDataset(dataset, fitOptions);
  const held = data.observations.filter((one) => one.hold_out);
  const validation = validate(dataset, fitted, held, fitOptions, progress);
  progress('bootstrap', 0, 1);
  const content = buildFit({
    data,
    fitted,
    bootstrap: bootstrap(fitted.fit, { ...DEFAULT_BOOTSTRAP, seed: fitOptions.seed }),
    validation,
    options: fitOptions,
    protocol: runs[0]!.run.suite.content.protocol,
    runs: runs.map(({ run, records }) => ({
      id: run.id,
      suite: run.suite.content.name,
      suite_digest: run.suite.digest,
      digest: digestOf({ run, records }),
      imported: importedFrom(run),
    })),
    created_at: options.createdAt,
    tool_version: options.toolVersion,
  });
  return withDigest(content);
}

function importedFrom({ imported }: RunCells['run']): Fit['runs'][number]['imported'] {
  if (imported === null) return null;
  const { format, file, digest, attribution } = imported;
  return { format, file, digest, attribution };
}

/** A fit needs more numbers than it has parameters, or its intervals mean nothing. */
function refuseTooFew(card: ModelCard, seen: readonly Observation[], leftOut: number): void {
  const numbers = termsOf(seen).length;
  const parameters = parametersInData(card, seen).length;
  if (numbers > parameters) return;
  throw new RidgeError(
    `too few usable cells for a fit: measured numbers ${numbers}, parameters ${parameters} (cells used ${seen.length}, left out ${leftOut})`,
    { exitCode: EXIT.refused, mend: 'Measure suites/roofline.yaml, or see the verdicts of the run.' },
  );
}
