import { findAccelerator } from '../accelerator/catalogue.ts';
import { RidgeError } from '../errors.ts';
import type { RunOptions } from '../run/orchestrate.ts';
import { readRun } from '../run/read-run.ts';
import { findRun, newRunPlace } from '../run/run-folder.ts';
import type { Run } from '../run/schema.ts';
import { type SimulateOptions, startSimulatedEndpoints } from '../run/simulated-endpoints.ts';
import { BUCKETS, parseBucketMode } from '../simulate/buckets.ts';
import { toolOfVendor } from '../simulate/power/install-tools.ts';
import { type LoadedSuite, loadRecordedSuite, loadSuite } from '../suite/load-suite.ts';
import {
  loadLab,
  type NamedTarget,
  type TargetFlags,
  targetFromFlag,
  uniqueTargets,
} from '../suite/targets.ts';
import { findMaxOf } from './find-max-flags.ts';
import { optionalFlag, positiveFlag, wholeFlag, wholeListFlag } from './flags.ts';
import type { RunFlags } from './run-flags.ts';
import { parseSpeculation } from './spec-flag.ts';

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
  if (simulate) return simulatedTargets(simulate, suite);
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

const simulateFlags = (flags: RunFlags): SimulateOptions => ({
  accelerator: findAccelerator(flags['simulate-accelerator']).id,
  model: flags['simulate-model'],
  tensor_parallel: wholeListFlag('simulate-tp', flags['simulate-tp'], 1),
  seed: wholeFlag('simulate-seed', flags['simulate-seed'], 0),
  time_scale: positiveFlag('simulate-time-scale', flags['simulate-time-scale']),
  ...(flags['simulate-power'] && { power: true }),
  ...bucketMode(flags['simulate-buckets']),
  ...speculationOf(flags),
});

/** Where the simulated endpoints speculate, and by which model. */
function speculationOf(flags: RunFlags): Pick<SimulateOptions, 'speculation'> {
  const { 'simulate-spec': spec, 'simulate-draft': draft } = flags;
  if (spec === undefined) {
    if (draft === undefined) return {};
    throw new RidgeError('--simulate-draft needs --simulate-spec', {
      mend: 'For example --simulate-spec 4,0.7.',
    });
  }
  const { draftTokens, acceptance } = parseSpeculation(spec, '--simulate-spec');
  return { speculation: { draft_tokens: draftTokens, acceptance, ...(draft !== undefined && { draft }) } };
}

function bucketMode(text: string): Pick<SimulateOptions, 'buckets'> {
  const buckets = parseBucketMode(text, '--simulate-buckets');
  return buckets === null ? {} : { buckets };
}

/** Seconds of idle power of a simulated device: nothing warms up or cools down in it. */
const SIMULATED_IDLE_S = 3;

async function simulatedTargets(simulate: SimulateOptions, { points }: LoadedSuite): Promise<Targets> {
  const inPairs = points.some(({ kind }) => kind === 'disaggregated');
  const { endpoints, stop } = await startSimulatedEndpoints(simulate, { inPairs });
  const accelerator = findAccelerator(simulate.accelerator);
  const source = toolOfVendor(accelerator.vendor);
  const powerFrom = (path: string | null) =>
    path === null ? {} : { power: { source, path, required: true } };
  const targets = endpoints.map(({ name, url, tensorParallel, prefillUrl, ...folders }) => ({
    name,
    definition: {
      url,
      ...(prefillUrl && {
        prefill: { by: 'client' as const, url: prefillUrl, ...powerFrom(folders.prefillToolsFolder) },
      }),
      accelerator: accelerator.id,
      tensor_parallel: tensorParallel,
      ...(simulate.buckets && { buckets: BUCKETS }),
      ...(folders.toolsFolder && {
        power: { source, path: folders.toolsFolder, required: true, idle_s: SIMULATED_IDLE_S },
      }),
    },
    accelerator,
    where: '--simulate',
  }));
  return { targets, simulate, stop };
}

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
