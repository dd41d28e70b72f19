import { z } from 'zod';

const answerSchema = z.object({ kv_transfer_params: z.record(z.string(), z.unknown()).nullish() });

/** What a proxy sends to a prefill server so that another server can go on with the prompt. */
export const REMOTE_DECODE = {
  do_remote_decode: true,
  do_remote_prefill: false,
  remote_engine_id: null,
  remote_block_ids: null,
  remote_host: null,
  remote_port: null,
} as const;

/**
 * Does what a routing sidecar in the decode pod does for a request with `x-prefiller-host-port`: has the prompt computed
 * there, with one output token.
 * @param hostPort `host:port` of the header
 * @returns the answer's `kv_transfer_params`; null when there are none, or no answer
 */
export async function prefillElsewhere(
  hostPort: string,
  body: Readonly<Record<string, unknown>>,
  requestId: string | null,
): Promise<Readonly<Record<string, unknown>> | null> {
  const { min_tokens: _, stream_options: __, ...rest } = body;
  const answer = await fetch(`http://${hostPort}/v1/completions`, {
    method: 'POST',
    body: JSON.stringify({ ...rest, stream: false, max_tokens: 1, kv_transfer_params: REMOTE_DECODE }),
    headers: { 'content-type': 'application/json', ...(requestId && { 'x-request-id': requestId }) },
  }).catch(() => null);
  if (answer?.status !== 200) return null;
  return answerSchema.parse(await answer.json()).kv_transfer_params ?? null;
}
