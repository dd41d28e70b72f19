import { findAccelerator } from '../accelerator/catalogue.ts';
import { RidgeError } from '../errors.ts';
import { type SimulateOptions, startSimulatedEndpoints } from '../run/simulated-endpoints.ts';
import { BUCKETS, parseBucketMode } from '../simulate/buckets.ts';
import { toolOfVendor } from '../simulate/power/install-tools.ts';
import type { LoadedSuite } from '../suite/load-suite.ts';
import type { NamedTarget } from '../suite/targets.ts';
import { positiveFlag, wholeFlag, wholeListFlag } from './flags.ts';
import type { RunFlags } from './run-flags.ts';
import { parseSpeculation } from './spec-flag.ts';

/**
 * What `ridge run` is to simulate, by its flags.
 * @throws RidgeError (exit 2) for a flag that says nothing of use
 */
export const simulateFlags = (flags: RunFlags): SimulateOptions => ({
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

interface SimulatedTargets {
  readonly targets: readonly NamedTarget[];
  stop(): Promise<void>;
}

/** Seconds of idle power of a simulated device: nothing warms up or cools down in it. */
const SIMULATED_IDLE_S = 3;

/** Starts the endpoints of `ridge run --simulate`; in pairs where the suite has cells of two servers. */
export async function simulatedTargets(
  simulate: SimulateOptions,
  { points }: LoadedSuite,
): Promise<SimulatedTargets> {
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
  return { targets, stop };
}
