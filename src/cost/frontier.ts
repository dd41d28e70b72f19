import type { Accelerator } from '../accelerator/accelerator.ts';
import { peakOf } from '../accelerator/peaks.ts';
import type { ComputeFormat } from '../model/card.ts';
import type { CostBasis } from './basis.ts';

/** A device on the price of its compute and of its bandwidth. */
export interface FrontierPoint {
  readonly name: string;
  readonly accelerator: string;
  /** Dense peaks of a spec sheet, or what a fit reached. */
  readonly kind: 'dense_peak' | 'fitted';
  /** Whose rate counts as compute: bf16 for a device without units for the format that was asked. */
  readonly compute_format: ComputeFormat;
  readonly tflops: number;
  readonly tb_per_s: number;
  readonly usd_per_h: number;
  readonly usd_per_h_per_pflops: number;
  readonly usd_per_h_per_tb_per_s: number;
  /** No other point of its kind is at once cheaper a unit and larger. */
  readonly on_compute_frontier: boolean;
  readonly on_bandwidth_frontier: boolean;
}

/** What a point is made of. */
export interface FrontierDevice {
  readonly name: string;
  readonly accelerator: string;
  readonly kind: FrontierPoint['kind'];
  readonly compute_format: ComputeFormat;
  readonly flop_per_s: number;
  readonly bytes_per_s: number;
  readonly usd_per_h: number;
}

/** A catalogue entry as a point; null where its sheet lacks a figure or the basis a price. */
export function peakPoint(
  accelerator: Accelerator,
  format: ComputeFormat,
  basis: CostBasis,
): FrontierDevice | null {
  const peak = peakOf(accelerator, format);
  // A peak by the ratio rule is no peak of the device: without fp8 units it computes in bf16.
  const counted = peak?.published ? format : 'bf16';
  const flop = peak === null ? null : peak.published ? peak.flop_per_s : accelerator.bf16_flop_per_s;
  if (flop === null || accelerator.memory_bytes_per_s === null || !basis.prices(accelerator)) return null;
  return {
    name: accelerator.id,
    accelerator: accelerator.id,
    kind: 'dense_peak',
    compute_format: counted,
    flop_per_s: flop,
    bytes_per_s: accelerator.memory_bytes_per_s,
    usd_per_h: basis.costOf(accelerator).usd_per_h,
  };
}

type Bare = Omit<FrontierPoint, 'on_compute_frontier' | 'on_bandwidth_frontier'>;

/** Prices per unit, and which points nothing of their kind beats in both price and size. */
export function frontier(devices: readonly FrontierDevice[]): FrontierPoint[] {
  const points = devices.map(({ flop_per_s, bytes_per_s, ...device }): Bare => {
    const { usd_per_h } = device;
    const [tflops, tb_per_s] = [flop_per_s / 1e12, bytes_per_s / 1e12];
    return {
      ...device,
      tflops,
      tb_per_s,
      usd_per_h_per_pflops: (1e3 * usd_per_h) / tflops,
      usd_per_h_per_tb_per_s: usd_per_h / tb_per_s,
    };
  });
  const best = (one: Bare, price: keyof Bare & `usd${string}`, size: 'tflops' | 'tb_per_s'): boolean =>
    !points.some(
      (other) =>
        other.kind === one.kind &&
        other[price] <= one[price] &&
        other[size] >= one[size] &&
        (other[price] < one[price] || other[size] > one[size]),
    );
  return points
    .map((one) => ({
      ...one,
      on_compute_frontier: best(one, 'usd_per_h_per_pflops', 'tflops'),
      on_bandwidth_frontier: best(one, 'usd_per_h_per_tb_per_s', 'tb_per_s'),
    }))
    .sort((a, b) => a.usd_per_h_per_pflops - b.usd_per_h_per_pflops);
}
