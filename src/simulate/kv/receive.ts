import { z } from 'zod';
import { kvBytesPerToken, kvShards } from '../../model/quantities.ts';
import type { CompletionRequest } from '../http/completion-request.ts';
import type { ServerState } from '../server-state.ts';
import { type KvSide, takesFromOthers } from './side.ts';

/** `kv_transfer_params` as a prefill server hands them out. */
const remoteSchema = z.object({
  do_remote_prefill: z.literal(true),
  remote_request_id: z.string(),
  remote_engine_id: z.string(),
  remote_host: z.string(),
  remote_port: z.int(),
});
type Remote = z.infer<typeof remoteSchema>;

/** What became of a request's KV: where it is, and when. */
export type Received =
  | { readonly state: 'local' }
  | { readonly state: 'arrives'; readonly tokens: number; readonly at: number; done(): void }
  | { readonly state: 'failed'; readonly message: string };

const LOCAL: Received = { state: 'local' };

/**
 * Fetches the KV of a prompt from the prefill server that a request names, over that server's own port.
 * @param queuedAt when the request would stand in the queue without it: the transfer begins then
 */
export async function receiveKv(
  state: ServerState,
  { kvTransferParams, promptIds }: CompletionRequest,
  queuedAt: number,
): Promise<Received> {
  const { kv } = state;
  const parsed = remoteSchema.safeParse(kvTransferParams);
  if (!takesFromOthers(kv) || !parsed.success) return LOCAL;
  const remote = parsed.data;
  const tokens = await readRemote(remote);
  if (tokens === null) {
    kv.link.failedTransfers += 1;
    const message = `KV of ${remote.remote_request_id} could not be loaded`;
    return kv.connector.on_failure === 'fail' ? { state: 'failed', message } : LOCAL;
  }
  const done = (): void => void notify(kv, remote);
  return { state: 'arrives', tokens: Math.min(tokens, promptIds.length), at: arrival(), done };

  function arrival(): number {
    const { card, blockSize, settings } = state.device;
    const blocks = Math.ceil(tokens! / blockSize);
    const bytes = blocks * blockSize * kvBytesPerToken(card);
    const perRank = bytes / kvShards(card, settings.tensorParallel);
    return kv!.link.transfer(queuedAt, remote.remote_engine_id, perRank, blocks * card.layers);
  }
}

const sideChannel = ({ remote_host, remote_port }: Remote, what: 'read' | 'done'): string =>
  `http://${remote_host}:${remote_port}/ridge/kv/${what}`;

async function askSide(remote: Remote, what: 'read' | 'done'): Promise<Response | null> {
  const body = JSON.stringify({ request: remote.remote_request_id });
  return fetch(sideChannel(remote, what), { method: 'POST', body }).catch(() => null);
}

async function readRemote(remote: Remote): Promise<number | null> {
  const answer = await askSide(remote, 'read');
  if (answer?.status !== 200) return null;
  return z.object({ tokens: z.int() }).parse(await answer.json()).tokens;
}

async function notify(kv: KvSide, remote: Remote): Promise<void> {
  const answer = await askSide(remote, 'done');
  await answer?.arrayBuffer();
  if (answer?.status !== 200) kv.link.failedNotifications += 1;
}
