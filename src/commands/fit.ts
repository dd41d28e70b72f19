import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { type HoldOut, makeFit } from '../fitfile/make-fit.ts';
import { writeFit } from '../fitfile/write.ts';
import { styleFor } from '../report/style.ts';
import { findRun } from '../run/run-folder.ts';
import type { RunTarget } from '../run/schema.ts';
import { VERSION } from '../version.ts';
import { type FittedRuns, fitText } from './fit-text.ts';
import { wholeFlag } from './flags.ts';
import { readRuns } from './read-runs.ts';

const help = `usage: ridge fit RUN... [options]

Fits the roofline to the cells of one or more runs and writes a fit file: parameters with 90 % intervals, what the data
cannot tell, errors on the cells that were kept from the fit, simpler models beside it.
RUN is a run's folder or its id under runs/.

  --out FILE               default runs/RUN.fit.json
  --force                  write over an existing file
  --target NAME            only this target of the runs; repeatable
  --hold-out AXIS=VALUE    keep cells from the fit and predict them: input=, output=, concurrency= or tp=; repeatable
  --seed N                 of the start points; default 1
  --json                   the fit file on stdout instead of the report

exit: 0 written, 1 too few usable cells, 2 a run lacks something (it is named)

Example:
  ridge fit runs/2026-01-15-roofline --hold-out concurrency=64`;

const options = {
  out: { type: 'string' },
  force: { type: 'boolean', default: false },
  target: { type: 'string', multiple: true },
  'hold-out': { type: 'string', multiple: true },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
} as const;

export interface FitRunsOptions {
  /** Default: beside the first run's folder, its name with `.fit.json`. */
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  readonly targets?: readonly string[] | undefined;
  readonly holdOut?: readonly HoldOut[] | undefined;
  readonly seed?: number | undefined;
}

/**
 * Reads runs, fits them and writes the fit file. Damaged lines of the runs are named on stderr.
 * @param folders of runs
 * @throws RidgeError, see `makeFit` and `writeFit`
 */
export async function fitRuns(
  folders: readonly string[],
  { out, force = false, targets, holdOut, seed }: FitRunsOptions = {},
): Promise<FittedRuns> {
  const read = await readRuns(folders);
  const runs = read.map((record) => ({ ...record, run: selectTargets(record.run, targets) }));
  const fit = makeFit(runs, {
    seed,
    holdOut,
    createdAt: new Date().toISOString(),
    toolVersion: VERSION,
  });
  const file = out ?? join(folders[0]!, '..', `${basename(folders[0]!)}.fit.json`);
  await writeFit(file, fit, { force });
  return { fit, file, targets: runs.flatMap(({ run }) => run.targets) };
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

function parseHoldOut(text: string): HoldOut {
  const [axis, value] = text.split('=');
  if (axis !== 'input' && axis !== 'output' && axis !== 'concurrency' && axis !== 'tp') {
    throw new RidgeError(`--hold-out: '${text}' names no axis`, {
      mend: 'Use input=N, output=N, concurrency=N or tp=N.',
    });
  }
  return { axis, value: wholeFlag('hold-out', value ?? '', 1) };
}

export const command: Command = {
  summary: 'fit the roofline to runs and write a fit file',
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (positionals.length === 0) {
      throw new RidgeError('which run?', { mend: 'For example ridge fit runs/ID; see ridge fit --help.' });
    }
    const fitted = await fitRuns(
      positionals.map((run) => findRun(run).folder),
      {
        out: flags.out,
        force: flags.force,
        targets: flags.target,
        holdOut: (flags['hold-out'] ?? []).map(parseHoldOut),
        seed: wholeFlag('seed', flags.seed, 0),
      },
    );
    if (flags.json) {
      console.log(JSON.stringify(fitted.fit, null, 2));
      console.error(fitted.file);
    } else {
      console.log(fitText(fitted, styleFor(process.stdout)));
    }
    return EXIT.done;
  },
};
