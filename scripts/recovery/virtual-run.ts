import { type RunCells, stepsKey } from '../../src/fit/from-runs.ts';
import { measureCell } from '../../src/measure/measure-cell.ts';
import { engineSteps } from '../../src/measure/steps/engine-steps.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { closedLoopCell } from '../../src/plan/closed-loop-cell.ts';
import type { Energy } from '../../src/run/energy-schema.ts';
import type { CellRecord, Run, RunTarget } from '../../src/run/schema.ts';
import type { SimulatedDevice } from '../../src/simulate/device.ts';
import { createRandom } from '../../src/stats/random.ts';
import type { Suite } from '../../src/suite/schema.ts';
import { loadCell } from './load-cell.ts';
import { normal, withLateSteps, withStampError } from './stamp-errors.ts';
import { type Shape, suiteShapes } from './suite.ts';

export interface VirtualRunOptions {
  readonly seed: number;
  /** Standard deviation of the zero-mean error of a stamp, s: what a calibrated client adds. */
  readonly stampErrorSeconds: number;
  /** Whether every stamp has an error, and the engine's steps are read from them; default: the first and last of a request. */
  readonly steps?: boolean;
  /** Relative standard deviation of the measured power; absent: none is measured. */
  readonly powerError?: number;
}

/** Measures a suite on simulated devices in virtual time: the record that `ridge run` would have written. */
export function virtualRun(
  suite: Suite,
  devices: readonly SimulatedDevice[],
  options: VirtualRunOptions,
): RunCells {
  const cells = devices.flatMap((device) =>
    suiteShapes(suite, device).map((shape, index) => measuredCell(suite, device, shape, index, options)),
  );
  const records = cells.map(({ record }) => record);
  const run = runOf(suite, devices);
  if (!options.steps) return { run, records };
  const steps = cells.map(({ record, timelines }) => [stepsKey(record), engineSteps(timelines)] as const);
  return { run, records, steps: new Map(steps) };
}

function targetName({ settings }: SimulatedDevice): string {
  const { tensorParallel, speculation } = settings;
  return `sim-tp${tensorParallel}${speculation ? `-spec${speculation.draftTokens}` : ''}`;
}

function measuredCell(
  suite: Suite,
  device: SimulatedDevice,
  shape: Shape,
  index: number,
  { seed, stampErrorSeconds, powerError, steps = false }: VirtualRunOptions,
): { readonly record: CellRecord; readonly timelines: readonly RequestTimeline[] } {
  const cellSeed = 1000 * seed + 100 * device.settings.tensorParallel + index;
  const { power_w, server, ...loaded } = loadCell(device, shape, suite.protocol, suite.stop, cellSeed);
  const random = createRandom(cellSeed);
  const timelines = steps
    ? withLateSteps(loaded.timelines, random, stampErrorSeconds)
    : loaded.timelines.map((timeline) => withStampError(timeline, random, stampErrorSeconds));
  const measured = measureCell({
    ...loaded,
    kind: shape.kind,
    timelines,
    concurrency: shape.concurrency,
    kvFill: shape.kvFill,
    stop: suite.stop,
    objectives: null,
    server,
    serverWholeCell: null,
    maxNumSeqs: device.settings.maxNumSeqs,
    firstOfShape: false,
    eventLoopDelay: null,
    ...(shape.cachedInput !== undefined && {
      cached: { tokens: shape.cachedInput, block_size: device.blockSize },
    }),
  });
  const record: CellRecord = {
    ...measured,
    // The client sends in the instant in which it sees the last token; an error of the stamp does not change that.
    metrics: measured.metrics && { ...measured.metrics, turn_around_ms: 0 },
    schema_version: 1,
    key: `${targetName(device)} ${shape.kind}${shape.cachedInput ?? ''} ${shape.input}/${shape.output} ${shape.concurrency}`,
    target: targetName(device),
    cell: closedLoopCell(
      { input_tokens: shape.input, output_tokens: shape.output, concurrency: shape.concurrency },
      {
        kind: shape.kind,
        kv_fill: shape.kvFill,
        repeat: 1,
        hold_out: shape.holdOut,
        ...(shape.cachedInput !== undefined && { cached_input_tokens: shape.cachedInput }),
      },
    ),
    started_at: '2026-01-15T12:00:00.000Z',
    elapsed_s: loaded.window?.closed_s ?? 0,
    server: server?.delta ?? null,
    energy:
      powerError === undefined || power_w === null
        ? null
        : virtualEnergy(device, power_w * Math.exp(powerError * normal(random))),
    requests_file: null,
    attempts: 1,
  };
  return { record, timelines };
}

/** As a sensor of every device would give it: the true power, with its error. */
function virtualEnergy(device: SimulatedDevice, power_w: number): Energy {
  const { tensorParallel } = device.settings;
  const names = Array.from({ length: tensorParallel }, (_, index) => String(index));
  return {
    schema_version: 1,
    source: {
      source: 'virtual',
      version: null,
      scope: 'device',
      averaging: 'instant',
      interval_s: 0.1,
      resolution_w: null,
      has_counter: false,
      counter_range_j: null,
      devices: names,
    },
    energy_j: null,
    taken_from: 'integral',
    counter_disagreement_percent: null,
    power_w: power_w * tensorParallel,
    idle_power_w: device.power.idle_power_w * tensorParallel,
    joules_per_output_token: null,
    joules_per_total_token: null,
    joules_per_request: null,
    devices: names.map((name) => ({
      device: name,
      power_w,
      samples: 300,
      longest_gap_s: 0.1,
      mean_clock_mhz: null,
      temperature_first_c: null,
      temperature_last_c: null,
    })),
    reasons: [],
    power_file: null,
  };
}

function runOf(suite: Suite, devices: readonly SimulatedDevice[]): Run {
  return {
    schema_version: 1,
    id: 'virtual',
    created_at: '2026-01-15T12:00:00.000Z',
    tool: { name: 'ridgepoint', version: '0.0.0' },
    suite: { file: 'virtual', digest: 'sha256:0', content: suite },
    targets: devices.map(targetOf),
    simulate: null,
    imported: null,
    quantile_method: 'linear',
  };
}

function targetOf(device: SimulatedDevice): RunTarget {
  const { settings } = device;
  const known = (value: number) => ({ value, source: 'server' as const });
  return {
    name: targetName(device),
    url: 'http://127.0.0.1:8000',
    definition: { url: 'http://127.0.0.1:8000' },
    agent: null,
    accelerator: device.accelerator,
    devices: settings.tensorParallel,
    tensor_parallel: settings.tensorParallel,
    expert_parallel: null,
    driving: null,
    engine: { name: 'vllm', version: 'virtual' },
    model: { id: device.card.id, root: null, max_length_tokens: device.maxLengthTokens },
    model_card: device.card,
    settings: {
      max_num_batched_tokens: known(settings.maxNumBatchedTokens),
      max_num_seqs: known(settings.maxNumSeqs),
      kv_capacity_tokens: known(settings.kvCapacityTokens),
      block_size: known(device.blockSize),
      kv_cache_dtype: 'auto',
      prefix_caching: true,
    },
    features: {
      token_id_prompts: true,
      cache_salt: true,
      continuous_usage: true,
      return_token_ids: true,
      metrics: true,
    },
    host: {
      name: 'virtual',
      platform: 'linux',
      cpu: 'virtual',
      cores: 1,
      memory_bytes: 1e9,
      node_version: '24',
      agent_version: '0',
      clock_offset_s: 0,
      clock_offset_bound_s: 0,
    },
    simulator: {
      parameters: { ...device.parameters },
      effects: [...device.effects],
      seed: device.seed,
    },
    warnings: [],
  };
}
