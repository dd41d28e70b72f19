import { bindCard } from '../accelerator/peaks.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { bootstrap, DEFAULT_BOOTSTRAP } from '../fit/bootstrap.ts';
import type { Predictor } from '../fit/cell-model.ts';
import { draftNames } from '../fit/draft-columns.ts';
import { areFew } from '../fit/few-cells.ts';
import { fitDataset } from '../fit/fit-dataset.ts';
import { DEFAULT_FIT_OPTIONS, type FitOptions } from '../fit/fit-roofline.ts';
import { observationsFromRuns, type RunCells, type RunObservations } from '../fit/from-runs.ts';
import type { Objective } from '../fit/objective.ts';
import type { Observation } from '../fit/observations.ts';
import { fittedLengths, unknownTasks, withFittedLengths } from '../fit/power/fitted-lengths.ts';
import { ScheduleCache } from '../fit/schedule-cache.ts';
import { type OnProgress, validate } from '../fit/validate.ts';
import type { ModelCard } from '../model/card.ts';
import { withDraft } from '../model/draft.ts';
import { digestOf } from '../suite/digest.ts';
import { changedThresholds } from '../suite/thresholds.ts';
import { buildFit } from './build.ts';
import { FEWEST_POWERS, powerLimit } from './build-power.ts';
import { type CellRules, selectCells } from './cell-rules.ts';
import type { DevicePrior, PriorUse } from './device-prior.ts';
import { sharedSampling } from './sampling.ts';
import type { Fit } from './schema.ts';
import { refuseTooFew } from './too-few.ts';
import { withDigest } from './write.ts';

export interface MakeFitOptions extends CellRules {
  readonly seed?: number | undefined;
  /** The serving model that parameters are fitted through; default: the scheduler. */
  readonly predictor?: Predictor | undefined;
  /** Which latency the fit should serve best; default: both alike. */
  readonly objective?: Objective | undefined;
  /** What fits of other models say of the server, and whether few cells alone start from it; default: the catalogue. */
  readonly prior?: { readonly use: Exclude<PriorUse, 'catalogue'>; readonly device: DevicePrior } | undefined;
  /** Bootstrap replicates; 0: no bootstrap. */
  readonly bootstrap?: number | undefined;
  /** The model that proposes tokens where cells speculate: its weights and KV are priced apart; default: not known. */
  readonly draft?: ModelCard | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly createdAt: string;
  readonly toolVersion: string;
}

/**
 * Fits the roofline to runs and validates the fit.
 * @throws RidgeError (exit 2) naming what the runs lack, or a rule that covers no cell; (exit 1) when there are too few usable cells
 */
export function makeFit(runs: readonly RunCells[], options: MakeFitOptions): Fit {
  refuseTwice(runs);
  const read = withProposer(observationsFromRuns(runs), options.draft);
  const selected = selectCells(read.observations, options);
  const seen = selected.filter(isSeen);
  const prior = priorFor(seen, options.prior);
  refuseTooFew(read, seen, { runs, hasPrior: prior !== null });
  const fitOptions: FitOptions = {
    ...DEFAULT_FIT_OPTIONS,
    seed: options.seed ?? DEFAULT_FIT_OPTIONS.seed,
    predictor: options.predictor ?? DEFAULT_FIT_OPTIONS.predictor,
    objective: options.objective ?? 'balanced',
    ...(prior && { expected: prior }),
    schedules: new ScheduleCache(),
  };
  const progress = options.onProgress ?? (() => {});
  progress('fit', 0, 1);
  const data = { ...read, observations: withKnownLengths(read, selected, fitOptions) };
  const dataset = { ...data, observations: data.observations.filter(isSeen) };
  const fitted = fitDataset(dataset, fitOptions);
  const held = data.observations.filter((one) => !isSeen(one));
  const validation = validate(dataset, fitted, held, fitOptions, progress);
  const replicates = options.bootstrap ?? DEFAULT_BOOTSTRAP.replicates;
  if (replicates > 0) progress('bootstrap', 0, 1);
  const content = buildFit({
    data,
    fitted,
    bootstrap: replicates > 0 ? bootstrap(fitted.fit, { replicates, seed: fitOptions.seed }) : null,
    validation,
    options: fitOptions,
    prior,
    rules: { only: options.only ?? [], holdOut: options.holdOut ?? [] },
    protocol: { ...runs[0]!.run.suite.content.protocol, ...sharedSampling(runs, data.card) },
    runs: runs.map(({ run, records }) => ({
      id: run.id,
      suite: run.suite.content.name,
      suite_digest: run.suite.digest,
      digest: digestOf({ run, records }),
      imported: importedFrom(run),
      ...thresholdsFrom(run),
    })),
    created_at: options.createdAt,
    tool_version: options.toolVersion,
  });
  return withDigest(content);
}

function priorFor(seen: readonly Observation[], prior: MakeFitOptions['prior']): DevicePrior | null {
  if (prior === undefined) return null;
  return prior.use === 'device' || areFew(seen) ? prior.device : null;
}

/** @throws RidgeError (exit 2) where no cell speculates */
function withProposer(read: RunObservations, draft: ModelCard | undefined): RunObservations {
  if (draft === undefined) return read;
  if (draftNames(read.observations).length === 0) {
    throw new RidgeError('a draft is given, and no cell of these runs speculates', {
      mend: 'Leave it out, or measure cells of kind speculative on a server that does.',
    });
  }
  return { ...read, card: bindCard(withDraft(read.card, draft), read.accelerator) };
}

const isSeen = ({ hold_out }: Observation): boolean => !hold_out;

/** Prompt lengths that the record lacks, as the powers of the cells that the fit sees tell them. */
function withKnownLengths(
  read: RunObservations,
  selected: readonly Observation[],
  options: FitOptions,
): readonly Observation[] {
  if (unknownTasks(selected).length === 0) return selected;
  const observations = selected.filter(isSeen);
  const powers = observations.filter(({ power }) => power).length;
  if (powers < FEWEST_POWERS) {
    throw new RidgeError(
      `prompt lengths are not recorded, and ${powers} powers cannot tell them (${FEWEST_POWERS} or more can)`,
      { exitCode: EXIT.refused, mend: 'Import again with a length: --map ...,input_tokens=const:N.' },
    );
  }
  const limit_w = powerLimit(read.targets, read.accelerator);
  return withFittedLengths(selected, fittedLengths({ ...read, observations }, options, limit_w));
}

function importedFrom({ imported }: RunCells['run']): Fit['runs'][number]['imported'] {
  if (imported === null) return null;
  const { format, file, digest, attribution } = imported;
  return { format, source: file, digest, attribution };
}

function thresholdsFrom({ suite }: RunCells['run']): Pick<Fit['runs'][number], 'thresholds'> {
  const changed = changedThresholds(suite.content.thresholds);
  if (changed.length === 0) return {};
  return { thresholds: Object.fromEntries(changed.map(({ key, value }) => [key, value])) };
}

/** The same cells twice are no more than once, and would make their noise look smaller. */
function refuseTwice(runs: readonly RunCells[]): void {
  const seen = new Set<string>();
  for (const { run, records } of runs) {
    const digest = digestOf({ run, records });
    if (seen.has(digest)) {
      throw new RidgeError(`run '${run.id}' is given twice`, { mend: 'Give every run once.' });
    }
    seen.add(digest);
  }
}
