import type { RooflineParameters } from '../../roofline/parameters.ts';
import type { EffectName } from '../effects.ts';
import type { PowerTruth } from '../power/truth.ts';
import type { ServerState } from '../server-state.ts';

/** What GET /ridge/simulator states: the truth that a fit should find, and the settings that no endpoint shows. */
export interface SimulatorTruth {
  readonly parameters: RooflineParameters;
  /** Per device. */
  readonly power: PowerTruth;
  readonly effects: readonly EffectName[];
  readonly seed: number;
  readonly time_scale: number;
  readonly model: string;
  readonly accelerator: string;
  readonly tensor_parallel: number;
  readonly max_num_batched_tokens: number;
  readonly max_num_seqs: number;
  readonly kv_capacity_tokens: number;
  /** How late an instant of the schedule was processed at most, s: large where this host is too slow for the device. */
  readonly schedule_lag_max_s: number;
}

export function truthJson({ device, live }: ServerState): SimulatorTruth {
  const { settings } = device;
  return {
    parameters: device.parameters,
    power: device.power,
    effects: device.effects,
    seed: device.seed,
    time_scale: device.timeScale,
    model: device.card.id,
    accelerator: device.accelerator.id,
    tensor_parallel: settings.tensorParallel,
    max_num_batched_tokens: settings.maxNumBatchedTokens,
    max_num_seqs: settings.maxNumSeqs,
    kv_capacity_tokens: settings.kvCapacityTokens,
    schedule_lag_max_s: live.lagMaxSeconds,
  };
}
