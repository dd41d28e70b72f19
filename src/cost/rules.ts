import type { TransferRules } from './transfer-rules.ts';

/** How requests reach the prefill pool. */
export type Queueing =
  /** Each finds an idle worker. */
  | { readonly kind: 'none' }
  /** As a Poisson process, in one queue for every so many workers (M/D/c). */
  | { readonly kind: 'poisson'; readonly workers: number };

/** What a search counts and how. */
export interface SearchRules {
  readonly prefill_batches: readonly number[];
  readonly decode_batches: readonly number[];
  /** Whether the KV cache must hold a batch at its mean context or at its full length. */
  readonly kv_reserve: 'mean_context' | 'whole_request';
  /** Whether decode computes every output token, or those after the first, which comes from prefill. */
  readonly decode_tokens: 'all' | 'after_first';
  readonly queueing: Queueing;
  /** Utilisation of the pools; of prefill only where no objective limits its queue. */
  readonly utilisation: { readonly prefill: number; readonly decode: number };
  /** Null: the KV cache moves in no time. */
  readonly transfer: TransferRules | null;
}

const PREFILL_BATCHES = [1, 2, 4, 8, 16, 32];
const DECODE_BATCHES = [1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];

/** Those of the reference study's re-derivation: no queue, no transfer, no idle time, devices in fractions. */
export const STUDY_RULES: SearchRules = {
  prefill_batches: PREFILL_BATCHES,
  decode_batches: DECODE_BATCHES,
  kv_reserve: 'mean_context',
  decode_tokens: 'all',
  queueing: { kind: 'none' },
  utilisation: { prefill: 1, decode: 1 },
  transfer: null,
};

/** Fine enough that a limit on TPOT costs a few percent of the batch at most. */
const SERVED_BATCHES = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128],
  ...[160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024],
];

/** Those of a deployment: a queue before prefill, pools that are not always busy, KV caches that move. */
export const servingRules = (workers: number, transfer: TransferRules): SearchRules => ({
  prefill_batches: PREFILL_BATCHES,
  decode_batches: SERVED_BATCHES,
  kv_reserve: 'whole_request',
  decode_tokens: 'after_first',
  queueing: { kind: 'poisson', workers },
  // What aiconfigurator takes off for pools that are rate-matched.
  utilisation: { prefill: 0.9, decode: 0.92 },
  transfer,
});
