import type { Energy } from '../run/energy-schema.ts';
import type { Interval } from './energy.ts';
import type { JudgedEnergy } from './judge-energy.ts';
import { type PowerFacts, recordedFacts } from './sample.ts';

/** What a window's energy was spent on. Null: these devices did only a part of it. */
export interface Produced {
  readonly outputTokens: number;
  readonly inputTokens: number | null;
  readonly requests: number | null;
}

/**
 * The energy block of a cell's record.
 * @param idlePower_w of all devices together, or null where it was not measured
 */
export function cellEnergy(
  facts: PowerFacts,
  judged: JudgedEnergy,
  window: Interval | null,
  produced: Produced,
  idlePower_w: number | null,
): Energy {
  const seconds = window === null ? null : window.to_s - window.from_s;
  const gross = judged.energy_j;
  const above =
    gross === null || seconds === null || idlePower_w === null ? null : gross - idlePower_w * seconds;
  const per = (count: number | null) =>
    gross === null || count === null || count <= 0
      ? null
      : { gross: gross / count, above_idle: above === null ? null : above / count };
  return {
    schema_version: 1,
    source: recordedFacts(facts),
    energy_j: gross,
    taken_from: judged.taken_from,
    counter_disagreement_percent:
      judged.counter_disagreement === null ? null : 100 * judged.counter_disagreement,
    power_w: gross === null || seconds === null ? null : gross / seconds,
    idle_power_w: idlePower_w,
    joules_per_output_token: per(produced.outputTokens),
    joules_per_total_token: per(
      produced.inputTokens === null ? null : produced.outputTokens + produced.inputTokens,
    ),
    joules_per_request: per(produced.requests),
    devices: judged.devices.map((one) => ({
      device: one.device,
      power_w: one.integral_j === null || seconds === null ? null : one.integral_j / seconds,
      samples: one.samples,
      longest_gap_s: Number.isFinite(one.longest_gap_s) ? one.longest_gap_s : null,
      mean_clock_mhz: one.mean_clock_mhz,
      temperature_first_c: one.temperature_c?.first ?? null,
      temperature_last_c: one.temperature_c?.last ?? null,
    })),
    reasons: judged.reasons.map((reason) => ({ ...reason })),
    power_file: null,
  };
}
