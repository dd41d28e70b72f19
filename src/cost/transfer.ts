/** How a KV cache leaves for the decode server: whole after the prompt, or a layer at a time while the next is computed. */
export const TRANSFER_MODES = ['serialized', 'layer_wise'] as const;
export type TransferMode = (typeof TRANSFER_MODES)[number];

/** A KV cache on its way from a prefill to a decode worker. */
export interface Transfer {
  readonly mode: TransferMode;
  /** Of the whole prompt. */
  readonly bytes: number;
  readonly layers: number;
  /** One direction, from worker to worker, s⁻¹. */
  readonly bytes_per_s: number;
  /** Time in which the prompt is computed: what a layer-wise transfer hides behind. */
  readonly prefill_s: number;
  readonly fixed: TransferFixedCosts;
  /** Seconds that the change of layout takes for the whole cache, see `translationSeconds`; 0 where both use the same. */
  readonly translate_s: number;
}

export interface TransferFixedCosts {
  /** Once a transfer (serialized). */
  readonly base_s: number;
  readonly descriptors: number;
  readonly descriptor_s: number;
  /** Once a transfer (layer-wise). */
  readonly sync_s: number;
}

/** Those of BLIS for a transfer; descriptors are free until somebody has measured them on his own connector. */
export const DEFAULT_FIXED_COSTS: TransferFixedCosts = {
  base_s: 0.05e-3,
  descriptors: 0,
  descriptor_s: 0,
  sync_s: 0.05e-3,
};

/**
 * Bandwidth from worker to worker: the narrower side's network cards together, over the transfers that share them.
 * @param contention transfers at a time over the same cards, 1 or more
 */
export const transferBandwidth = (
  prefill: { readonly tp: number; readonly nic_bytes_per_s: number },
  decode: { readonly tp: number; readonly nic_bytes_per_s: number },
  contention: number,
): number => Math.min(prefill.tp * prefill.nic_bytes_per_s, decode.tp * decode.nic_bytes_per_s) / contention;

/**
 * Time that a transfer adds between the first and the second token. Layer-wise, what a layer's computation hides is not
 * added: the tail of the last layer alone, or the backlog where the link is slower than the computation.
 * @returns seconds, 0 or more
 */
export function exposedSeconds(transfer: Transfer): number {
  const { mode, bytes, layers, bytes_per_s, prefill_s, fixed, translate_s } = transfer;
  const descriptors = fixed.descriptors * fixed.descriptor_s;
  if (mode === 'serialized') return fixed.base_s + descriptors + bytes / bytes_per_s + translate_s;
  const layer = bytes / (layers * bytes_per_s);
  const computed = prefill_s / layers;
  const tail = layer <= computed ? layer : layers * layer - (layers - 1) * computed;
  return fixed.sync_s + descriptors + tail + translate_s / layers;
}

/** What a change of layout moves through. */
export interface Translation {
  readonly bytes: number;
  readonly memory_bytes_per_s: number;
  /** Share of the bandwidth that such a copy reaches. */
  readonly efficiency: number;
  readonly tp: number;
  readonly launches: number;
  readonly launch_s: number;
  /** Null: not staged through the host's memory. */
  readonly host_bytes_per_s: number | null;
}

export const COPY_EFFICIENCY = 0.7;

/** A change of layout reads and writes every byte: 2·bytes/(η·bandwidth·TP), launches, and the way through the host. */
export const translationSeconds = (one: Translation): number =>
  (2 * one.bytes) / (one.efficiency * one.memory_bytes_per_s * one.tp) +
  one.launches * one.launch_s +
  (one.host_bytes_per_s === null ? 0 : (2 * one.bytes) / one.host_bytes_per_s);
