import type { Accelerator } from '../../accelerator/accelerator.ts';
import { inPieces } from '../../roofline/step-rules.ts';
import type { PhaseSource } from '../phase-source.ts';

/** A dense model as the re-derivation of the reference study counts it. */
export interface UniformModel {
  readonly name: string;
  readonly parameters: number;
  readonly layers: number;
  readonly hidden_size: number;
  readonly kv_heads: number;
  readonly head_size: number;
  /** Bytes of a weight and of a KV element: 1 for FP8, 2 for BF16. */
  readonly bytes: 1 | 2;
}

/** Shares of the spec sheet that every device reaches. */
export interface UniformEfficiency {
  readonly prefill_compute: number;
  readonly prefill_memory: number;
  readonly decode_compute: number;
  readonly decode_memory: number;
  readonly step_overhead_s: number;
  readonly all_reduce_latency_s: number;
  readonly memory_share: number;
}

/** Of the re-derivation of the reference study: alike on all devices, so that nothing but spec sheets and prices decides. */
export const UNIFORM_EFFICIENCY: UniformEfficiency = {
  prefill_compute: 0.5,
  prefill_memory: 0.8,
  decode_compute: 0.4,
  decode_memory: 0.7,
  step_overhead_s: 1e-3,
  all_reduce_latency_s: 10e-6,
  memory_share: 0.9,
};

/** Dense peaks and one-directional link of a device, SI. */
export interface UniformDevice {
  readonly accelerator: Accelerator;
  readonly memory_bytes: number;
  readonly memory_bytes_per_s: number;
  readonly link_bytes_per_s: number;
  readonly flop_per_s: { readonly 1: number; readonly 2: number };
}

const TP_SIZES = [1, 2, 4, 8];

/** A hard roofline with one efficiency for all devices: max of compute and memory, all-reduces, and a fixed time a step. */
export function uniformSource(
  device: UniformDevice,
  model: UniformModel,
  efficiency: UniformEfficiency = UNIFORM_EFFICIENCY,
): PhaseSource {
  const { parameters, layers, hidden_size, bytes } = model;
  const flopPerSecond = device.flop_per_s[bytes];
  const kvBytes = 2 * layers * model.kv_heads * model.head_size * bytes;
  const allReduces = (tp: number, tokens: number): number =>
    tp === 1
      ? 0
      : 2 *
        layers *
        (((2 * (tp - 1)) / tp) * ((tokens * hidden_size * 2) / device.link_bytes_per_s) +
          efficiency.all_reduce_latency_s);
  const prefillSeconds = (tp: number, batch: number, input: number): number => {
    const flop = 2 * parameters * batch * input + 2 * layers * hidden_size * input ** 2 * batch;
    const compute = flop / (tp * flopPerSecond * efficiency.prefill_compute);
    const read = (parameters * bytes) / (tp * device.memory_bytes_per_s * efficiency.prefill_memory);
    return Math.max(compute, read) + allReduces(tp, batch * input);
  };
  return {
    accelerator: device.accelerator,
    origin: 'uniform_efficiency',
    label: device.accelerator.id,
    tp_sizes: TP_SIZES,
    kv: { bytes_per_token: kvBytes, layers },
    seats: Number.POSITIVE_INFINITY,
    measured_batch: null,
    ...inPieces(Number.POSITIVE_INFINITY),
    request_overhead_s: 0,
    prefillSeconds,
    decodeSeconds: (tp, batch, context) => {
      const flop = 2 * parameters * batch + 4 * layers * hidden_size * context * batch;
      const compute = flop / (tp * flopPerSecond * efficiency.decode_compute);
      const read =
        (parameters * bytes + batch * context * kvBytes) /
        (tp * device.memory_bytes_per_s * efficiency.decode_memory);
      return Math.max(compute, read) + allReduces(tp, batch) + efficiency.step_overhead_s;
    },
    mixedPrefillSeconds: (tp, _batch, _context, input) => prefillSeconds(tp, 1, input),
    kvCapacityTokens: (tp) =>
      Math.max(
        0,
        Math.floor((efficiency.memory_share * device.memory_bytes * tp - parameters * bytes) / kvBytes),
      ),
  };
}
