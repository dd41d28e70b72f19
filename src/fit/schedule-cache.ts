import type { ModelCard } from '../model/card.ts';
import type { LatencySums } from '../roofline/scheduler/latency-sums.ts';
import type { Schedule } from '../roofline/scheduler/schedule.ts';
import type { Observation } from './observations.ts';

/** A cell whose order of requests is known: its latencies as functions of the device. */
export type ScheduledCell =
  | { readonly kind: 'mean'; readonly sums: LatencySums }
  | { readonly kind: 'median'; readonly schedule: Schedule };

/** Schedules kept at most; as sums they hold some ten kilobytes, for medians some hundred. */
const KEPT = 4000;

/**
 * Schedules that do not depend on the device: those of bursts, where requests arrive between steps. Fits of parts of the same
 * cells, and of other devices, share them.
 */
export class ScheduleCache {
  readonly #schedules = new Map<string, ScheduledCell>();

  of(card: ModelCard, observation: Observation, make: () => ScheduledCell): ScheduledCell {
    const { driving } = observation;
    if (driving === null || driving.kind === 'steady' || driving.kind === 'open') return make();
    const key = JSON.stringify([
      card.id,
      card.kv_bytes_per_element,
      observation.engine,
      observation.input_tokens,
      observation.output_tokens,
      observation.concurrency,
      driving,
    ]);
    const found = this.#schedules.get(key) ?? make();
    this.#schedules.delete(key);
    this.#schedules.set(key, found);
    if (this.#schedules.size > KEPT) this.#schedules.delete(this.#schedules.keys().next().value!);
    return found;
  }
}
