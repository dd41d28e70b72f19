import { nodeOf } from './nodes.ts';
import type { PhaseSource } from './phase-source.ts';
import {
  COPY_EFFICIENCY,
  exposedSeconds,
  type TransferFixedCosts,
  type TransferMode,
  transferBandwidth,
  translationSeconds,
} from './transfer.ts';

/** How KV caches move between the pools of a search. */
export interface TransferRules {
  readonly mode: TransferMode;
  readonly contention: number;
  readonly fixed: TransferFixedCosts;
  /** Between vendors, whose engines lay the cache out differently; null: never translated. */
  readonly translate: { readonly host_bytes_per_s: number | null } | null;
  /** Of one device, one direction; null: that of its node design. */
  readonly nic_bytes_per_s: number | null;
}

/** One side of a pair. */
export interface Side {
  readonly source: PhaseSource;
  readonly tp: number;
}

/** What a prompt's KV cache costs on its way. */
export interface PairTransfer {
  /** On the second token, s. */
  readonly exposed_s: number;
  /** In which it leaves the prefill worker's network cards, s: a worker computes no faster than its caches leave. */
  readonly egress_s: number;
}

/** A prompt's KV cache on its way from one side of a pair to the other. */
export function pairTransfer(
  rules: TransferRules,
  prefill: Side,
  decode: Side,
  prompt: { readonly tokens: number; readonly seconds: number },
): PairTransfer {
  const { kv } = prefill.source;
  const bytes = prompt.tokens * kv.bytes_per_token;
  const nic = ({ source, tp }: Side) => ({
    tp,
    nic_bytes_per_s: rules.nic_bytes_per_s ?? nodeOf(source.accelerator.id).nic_bytes_per_s,
  });
  const foreign = prefill.source.accelerator.vendor !== decode.source.accelerator.vendor;
  const bytes_per_s = transferBandwidth(nic(prefill), nic(decode), rules.contention);
  const exposed_s = exposedSeconds({
    mode: rules.mode,
    bytes,
    layers: kv.layers,
    bytes_per_s,
    prefill_s: prompt.seconds,
    fixed: rules.fixed,
    translate_s:
      rules.translate === null || !foreign
        ? 0
        : translationSeconds({
            bytes,
            memory_bytes_per_s: decode.source.accelerator.memory_bytes_per_s ?? Number.POSITIVE_INFINITY,
            efficiency: COPY_EFFICIENCY,
            tp: decode.tp,
            launches: 1,
            launch_s: 10e-6,
            host_bytes_per_s: rules.translate.host_bytes_per_s,
          }),
  });
  return { exposed_s, egress_s: bytes / bytes_per_s };
}
