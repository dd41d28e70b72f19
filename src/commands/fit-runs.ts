import { basename, join } from 'node:path';
import { RidgeError } from '../errors.ts';
import type { PriorUse } from '../fitfile/device-prior.ts';
import type { MakeFitOptions } from '../fitfile/make-fit.ts';
import { requireWritableFit, writeFit } from '../fitfile/write.ts';
import type { RunTarget } from '../run/schema.ts';
import { VERSION } from '../version.ts';
import { devicePrior } from './device-prior.ts';
import { fitInWorker } from './fit-in-worker.ts';
import type { FittedRuns } from './fit-text.ts';
import { ProgressLine } from './progress-line.ts';
import { readRuns } from './read-runs.ts';
import { type StepUse, withSteps } from './read-steps.ts';

export interface FitRunsOptions
  extends Omit<MakeFitOptions, 'createdAt' | 'toolVersion' | 'onProgress' | 'prior'> {
  /** Default: beside the first run's folder, its name with `.fit.json`. */
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  readonly targets?: readonly string[] | undefined;
  /** Cells that are fitted by the engine's own steps; default: those of mixed prompt lengths. */
  readonly steps?: StepUse | undefined;
  /** Whether the shipped fits of other models are the prior; default: where the cells are few, and real. */
  readonly prior?: PriorUse | undefined;
}

/**
 * Reads runs, fits them and writes the fit file. Damaged lines of the runs are named on stderr; where it is a terminal, so is
 * what a long fit is at. Ctrl-C ends the fit.
 * @param folders of runs
 * @throws RidgeError, see `makeFit` and `writeFit`
 */
export async function fitRuns(
  folders: readonly string[],
  { out, force = false, targets, steps = 'auto', prior = 'auto', ...options }: FitRunsOptions = {},
): Promise<FittedRuns> {
  const file = out ?? join(folders[0]!, '..', `${basename(folders[0]!)}.fit.json`);
  await requireWritableFit(file, { force });
  const records = await readRuns(folders);
  const read = await Promise.all(records.map((record) => withSteps(record, steps)));
  const runs = read.map((record) => ({ ...record, run: selectTargets(record.run, targets) }));
  const createdAt = new Date().toISOString();
  const device = await devicePrior(
    runs.flatMap(({ run }) => run.targets),
    prior,
  );
  const line = new ProgressLine(process.stderr);
  const fit = await stoppable((signal) =>
    fitInWorker(
      { runs, options: { ...options, prior: device, createdAt, toolVersion: VERSION } },
      { signal, onProgress: (what, done, total) => line.show(what, done, total) },
    ),
  ).finally(() => line.clear());
  await writeFit(file, fit, { force });
  const fitted = runs.map(({ run }) => run);
  return {
    fit,
    file,
    targets: fitted.flatMap((run) => run.targets),
    restartSpreads: fitted.flatMap(({ targets: own, restart_spread = [] }) =>
      restart_spread.filter(({ target }) => own.some(({ name }) => name === target)),
    ),
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Work that a signal ends. */
async function stoppable<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

function selectTargets<Run extends { readonly targets: readonly RunTarget[] }>(
  run: Run,
  names: readonly string[] | undefined,
): Run {
  if (!names?.length) return run;
  const unknown = names.find((name) => run.targets.every((target) => target.name !== name));
  if (unknown !== undefined) {
    throw new RidgeError(`the run has no target '${unknown}'`, {
      mend: `Targets: ${run.targets.map(({ name }) => name).join(' ')}.`,
    });
  }
  return { ...run, targets: run.targets.filter(({ name }) => names.includes(name)) };
}
