import { z } from 'zod';
import { statisticSchema } from './statistic-schema.ts';

/** The steps that a `decode` cell was measured on. */
export const decodeStepsSchema = z.object({
  /** Measured batches that had such steps; each is one sample of TPOT. */
  batches: z.int(),
  /** Steps in which a whole batch decoded, over all batches. */
  steps: z.int(),
  /** KV length of a stream in the middle of a batch's steps, mean, tokens. */
  mean_context_tokens: z.number(),
});

const nullableNumber = z.number().nullable();

/** What two servers of a pair did between two scrapes to hand KV over; null: neither shows it. */
export const kvTransferDeltaSchema = z.object({
  /** Transfers that ended well, their seconds and, of one rank, their bytes. */
  transfers: nullableNumber,
  seconds: nullableNumber,
  bytes: nullableNumber,
  /** Transfers and notifications that failed. */
  failed: nullableNumber,
  /** Requests whose blocks were dropped before anybody fetched them. */
  expired: nullableNumber,
  /** Prompt tokens that came from another server. */
  external_tokens: nullableNumber,
});

/** Metrics of a `disaggregated` cell that no other kind has. Milliseconds; null where it cannot be known. */
export const disaggregatedSchema = z.object({
  /** From sending the prompt to the prefill server's answer, its queue included; null through a gateway. */
  prefill_ms: statisticSchema.nullable(),
  /** From sending to the decode server to the first token: its queue, the transfer and one step; null through a gateway. */
  decode_first_ms: statisticSchema.nullable(),
  /** From sending the prompt to the second token. */
  second_token_ms: statisticSchema.nullable(),
  /** Time to the first token of a prompt that the decode server has in its own prefix cache, alone on it. */
  local_hit_ms: statisticSchema.nullable(),
  /** Mean decode_first_ms less mean local_hit_ms; above one stream it holds the wait for the decode server's steps too. */
  kv_transfer_ms: nullableNumber,
  /** The servers' counters over the whole cell. */
  counters: kvTransferDeltaSchema.nullable(),
  /** Of one rank, by the counters: bytes over seconds. */
  bandwidth_bytes_per_s: nullableNumber,
  /** Prompt tokens that should have come from the prefill server: its whole blocks before each prompt's last token. */
  expected_tokens: z.number(),
});

export type KvTransferDelta = z.infer<typeof kvTransferDeltaSchema>;
export type Disaggregated = z.infer<typeof disaggregatedSchema>;
export type DecodeSteps = z.infer<typeof decodeStepsSchema>;
