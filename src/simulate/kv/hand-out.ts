import type { LoopRequest } from '../engine-loop.ts';
import type { Sequence } from '../sequence.ts';
import type { ServerState } from '../server-state.ts';
import { computesForOthers } from './side.ts';

/** Whether a request asks this server to compute its prompt for another one. */
export const asksForRemoteDecode = (
  { kv }: ServerState,
  params: Readonly<Record<string, unknown>> | null,
): boolean => computesForOthers(kv) && params?.do_remote_decode === true;

/**
 * Leases the blocks of a finished prompt and says where they are: the `kv_transfer_params` of the answer.
 * @param address where this server listens, as its clients reached it
 */
export function handOutKv(
  { kv, device }: ServerState,
  id: string,
  sequence: Sequence<LoopRequest>,
  address: { readonly host: string; readonly port: number },
): object | null {
  if (!computesForOthers(kv)) return null;
  kv.leases.grant(id, sequence);
  if (kv.connector.fault === 'no-params') return null;
  const blocks = Math.ceil(sequence.request.promptTokens / device.blockSize);
  return {
    do_remote_prefill: true,
    do_remote_decode: false,
    remote_block_ids: Array.from({ length: blocks }, (_, block) => block),
    remote_engine_id: kv.engineId,
    remote_request_id: id,
    remote_host: address.host,
    remote_port: address.port,
    tp_size: device.settings.tensorParallel,
  };
}
