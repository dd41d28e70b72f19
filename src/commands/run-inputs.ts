import { RidgeError } from '../errors.ts';
import type { RunOptions } from '../run/orchestrate.ts';
import { readRun } from '../run/read-run.ts';
import { findRun, newRunPlace } from '../run/run-folder.ts';
import type { Run } from '../run/schema.ts';
import type { SimulateOptions } from '../run/simulated-endpoints.ts';
import { type LoadedSuite, loadRecordedSuite, loadSuite } from '../suite/load-suite.ts';
import {
  loadLab,
  type NamedTarget,
  type TargetFlags,
  targetFromFlag,
  uniqueTargets,
} from '../suite/targets.ts';
import { findMaxOf } from './find-max-flags.ts';
import { optionalFlag, wholeFlag } from './flags.ts';
import type { RunFlags } from './run-flags.ts';
import { simulatedTargets, simulateFlags } from './simulated-targets.ts';

/** What a run is made of, and how to end what was started for it. */
export interface RunInputs extends RunOptions {
  stop(): Promise<void>;
}

/**
 * Suite, targets and place of a run from its command line; starts simulated endpoints where they are asked for.
 * @throws RidgeError (exit 2) when the flags do not make a run
 */
export async function runInputs(file: string | undefined, flags: RunFlags): Promise<RunInputs> {
  if (flags.resume !== undefined && flags.out !== undefined) {
    throw new RidgeError('--resume and --out do not go together', {
      mend: 'A resumed run goes on in its own folder; leave out --out, or start a new run without --resume.',
    });
  }
  const place = flags.resume === undefined ? null : findRun(flags.resume);
  const before = place === null ? null : measuredRun(place.folder, (await readRun(place.folder)).run);
  const loaded = await suiteOf(file, before);
  const search = findMaxOf(flags, before, loaded);
  const { suite } = search ?? { suite: loaded };
  const rounds = await roundsOf(flags, before);
  const { targets, simulate, stop } = await targetsOf(flags, before, suite);
  return {
    suite,
    targets,
    simulate,
    stop,
    ...(place ?? newRunPlace(suite.suite.name, flags.out)),
    resume: place !== null,
    parallel: flags.parallel,
    rounds,
    ...(search && { findMax: search.findMax }),
  };
}

/** The planner of an adaptive run; fits load only for one. */
async function roundsOf(flags: RunFlags, before: Run | null): Promise<RunOptions['rounds']> {
  const { adaptiveOptions, roundPlanner } = await import('./run-adaptive.ts');
  const options = adaptiveOptions(flags, before?.adaptive ?? null);
  if (options === null) return undefined;
  const { planRoundInWorker } = await import('./round-worker.ts');
  return roundPlanner(options, planRoundInWorker);
}

async function suiteOf(file: string | undefined, before: Run | null): Promise<LoadedSuite> {
  if (file !== undefined) return loadSuite(file);
  if (before) return loadRecordedSuite(before.suite.file, before.suite.content);
  throw new RidgeError('which suite?', {
    mend: 'For example ridge run suites/quick.yaml --target NAME=URL; --resume ID needs none.',
  });
}

interface Targets {
  readonly targets: readonly NamedTarget[];
  readonly simulate: SimulateOptions | null;
  stop(): Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

async function targetsOf(flags: RunFlags, before: Run | null, suite: LoadedSuite): Promise<Targets> {
  const given = await givenTargets(flags);
  const simulate = flags.simulate
    ? simulateFlags(flags)
    : given.length === 0
      ? (before?.simulate ?? null)
      : null;
  if (simulate && given.length > 0) {
    throw new RidgeError('--simulate and targets do not go together', {
      mend: 'Leave out --simulate, or --target and --lab.',
    });
  }
  if (simulate) return { ...(await simulatedTargets(simulate, suite)), simulate };
  const targets = given.length > 0 ? given : before === null ? [] : recordedTargets(before);
  if (targets.length > 0) return { targets, simulate: null, stop: nothing };
  throw new RidgeError('no target to measure', {
    mend: 'Give --target NAME=URL, --lab FILE or --simulate.',
  });
}

/** The targets that the command line names. */
export async function givenTargets(flags: TargetFlagTexts): Promise<readonly NamedTarget[]> {
  const targetFlags: TargetFlags = {
    accelerator: flags.accelerator,
    tp: optionalFlag(flags.tp, (text) => wholeFlag('tp', text, 1)),
    model: flags.model,
    modelConfig: flags['model-config'],
  };
  const named = (flags.target ?? []).map((text) => targetFromFlag(text, targetFlags));
  const stray = Object.entries(targetFlags).find(([, value]) => value !== undefined);
  if (named.length === 0 && stray) {
    throw new RidgeError(`--${stray[0] === 'modelConfig' ? 'model-config' : stray[0]} belongs to --target`, {
      mend: 'A lab file says it per target.',
    });
  }
  return uniqueTargets([...(flags.lab === undefined ? [] : await loadLab(flags.lab)), ...named]);
}

export type TargetFlagTexts = Pick<
  RunFlags,
  'lab' | 'target' | 'accelerator' | 'tp' | 'model' | 'model-config'
>;

/** A target as the run's record defines it; an imported one has no endpoint. */
function recordedTarget({ name, definition, accelerator }: Run['targets'][number]): NamedTarget[] {
  if (definition === null) return [];
  return [{ name, definition, accelerator, where: `target '${name}' of the run` }];
}

/** Servers that the run has not started yet are known, too. */
const recordedTargets = (run: Run): NamedTarget[] => [
  ...run.targets.flatMap(recordedTarget),
  ...(run.not_started ?? []).map((target) => ({ ...target, where: `target '${target.name}' of the run` })),
];

function measuredRun(folder: string, run: Run): Run {
  if (run.imported === null) return run;
  throw new RidgeError('this run was imported: it has no endpoint to go on with', {
    where: folder,
    mend: 'Start a run of your own, or read this one with ridge fit and ridge validate.',
  });
}
