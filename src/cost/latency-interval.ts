import { quantile, sortSample } from '../stats/sorted.ts';
import type { PhaseSource, UncertainSource } from './phase-source.ts';
import type { Objective } from './workload.ts';

/** A latency of a plan as it hangs on the times of its devices. */
export interface DrawnLatency {
  readonly objective: Pick<Objective, 'key' | 'statistic'>;
  /** Devices whose percentiles it is made of. */
  readonly sides: readonly UncertainSource[];
  /** Devices that `at` asks for, in its order. */
  readonly devices: readonly UncertainSource[];
  /** Sequences together where it decodes. */
  readonly batch: number;
  at(sources: readonly PhaseSource[]): number;
}

/**
 * 90 % interval of a plan's latency: a mean by draws of all that is unsure, a percentile by draws of the parameters and how far
 * percentiles were off on the cells of its fit, as `ridge predict --closed-form` has them. An end is null where a queue does not
 * settle. Null where nobody measured the percentile on a device, or too far away, or without draws.
 */
export function latencyInterval(
  { objective: { key, statistic }, sides, devices, batch, at }: DrawnLatency,
  draws: number,
): readonly [number, number | null] | null {
  if (draws === 0 || !devices.every(({ interval }) => interval)) return null;
  const isMean = statistic === 'mean';
  const miss = isMean ? 0 : missOf(sides, key, batch);
  if (miss === null) return null;
  const drawOf = ({ draw, percentiles }: UncertainSource, index: number): PhaseSource =>
    isMean ? draw(index) : (percentiles?.draw ?? draw)(index);
  const drawn = Array.from({ length: draws }, (_, index) => at(devices.map((one) => drawOf(one, index))));
  return between(at(devices.map(({ central }) => central)), drawn, miss);
}

/** The widest that its sides have missed the percentile by; null where one is unknown. */
function missOf(sides: readonly UncertainSource[], key: string, batch: number): number | null {
  const each = sides.map(({ percentiles }) => {
    const miss = percentiles?.missOf(key) ?? null;
    return miss === null ? Number.NaN : miss * percentiles!.widths(batch);
  });
  const most = Math.max(...each);
  return Number.isNaN(most) ? null : most;
}

/** The middle 90 % of draws about a value, widened by a half-width of logarithms. */
function between(value: number, drawn: readonly number[], miss: number): readonly [number, number | null] {
  const sample = sortSample(drawn)!;
  const away = (q: number): number => Math.log(quantile(sample, q) / value);
  const low = value * Math.exp(-Math.hypot(Math.min(0, away(0.05)), miss));
  const high = value * Math.exp(Math.hypot(Math.max(0, away(0.95)), miss));
  return [low, Number.isFinite(high) ? high : null];
}
