import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { blockKeys } from '../block-keys.ts';
import type { LoopRequest } from '../engine-loop.ts';
import type { FaultKind } from '../faults.ts';
import { asksForRemoteDecode, handOutKv } from '../kv/hand-out.ts';
import { receiveKv } from '../kv/receive.ts';
import { takesFromOthers } from '../kv/side.ts';
import { prefillElsewhere } from '../kv/sidecar.ts';
import { hostClock } from '../send-log.ts';
import type { Sequence } from '../sequence.ts';
import type { ServerState } from '../server-state.ts';
import { Answer } from './answer.ts';
import { answerFault } from './answer-faults.ts';
import { sendError } from './answers.ts';
import { type CompletionRequest, readCompletionRequest } from './completion-request.ts';
import { drawOutput } from './output-tokens.ts';
import { readJson } from './read-body.ts';

const SLOW_FIRST_BYTE_MS = 500;
/** Chance that a token waits for the next one, at 64 running requests and above; in proportion below. */
const COALESCE_AT_FULL_LOAD = 0.02;

/** POST /v1/completions */
export async function handleCompletion(
  state: ServerState,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const arrivedAt = state.live.now();
  const receivedAt = hostClock();
  const read = await readJson(incoming);
  if ('error' in read) return sendError(response, read.error);
  const checked = readCompletionRequest(read.body, state.device, state.pose);
  if ('error' in checked) return sendError(response, checked.error);

  const faults = state.faults.next(headerOf(incoming, 'x-ridge-fault'));
  if (faults.has('refused-after')) state.stopListening();
  if (faults.has('restart-after')) return state.restart();
  if (faults.has('reset-before-headers')) return void incoming.socket.resetAndDestroy();
  if (answerFault(response, faults)) return;
  if (faults.has('slow-first-byte')) await pause(SLOW_FIRST_BYTE_MS);
  if (response.destroyed) return;

  const id = `cmpl-${randomUUID().replaceAll('-', '')}`;
  const clientRequest = headerOf(incoming, 'x-request-id') ?? null;
  state.sendLog?.add({
    request: id,
    client_request: clientRequest,
    kind: 'received',
    tokens: checked.request.promptIds.length,
    write_s: receivedAt,
    flushed_s: receivedAt,
  });
  const { localAddress: host = '127.0.0.1', localPort: port = 0 } = incoming.socket;
  const request = await throughSidecar(state, checked.request, read.body, incoming);
  await serve(state, request, { response, arrivedAt, id, clientRequest, faults, host, port });
}

/** A request that names a prefill server has its prompt computed there first. */
async function throughSidecar(
  { kv }: ServerState,
  request: CompletionRequest,
  body: unknown,
  incoming: IncomingMessage,
): Promise<CompletionRequest> {
  const hostPort = headerOf(incoming, 'x-prefiller-host-port');
  if (hostPort === undefined || !takesFromOthers(kv)) return request;
  const id = headerOf(incoming, 'x-request-id') ?? null;
  const kvTransferParams = await prefillElsewhere(hostPort, body as Record<string, unknown>, id);
  return { ...request, kvTransferParams };
}

interface Exchange {
  readonly response: ServerResponse;
  readonly arrivedAt: number;
  readonly id: string;
  readonly clientRequest: string | null;
  readonly faults: ReadonlySet<FaultKind>;
  /** Where its client reached this server. */
  readonly host: string;
  readonly port: number;
}

/** Puts a checked request before the engine, and its tokens before the client. */
async function serve(state: ServerState, request: CompletionRequest, exchange: Exchange): Promise<void> {
  const { live, device } = state;
  const { response } = exchange;
  const queuedAt = live.loop.queuedAt(live.now());
  const received = await receiveKv(state, request, queuedAt);
  if (response.destroyed) return;
  if (received.state === 'failed') return sendError(response, kvFailure(received.message));
  const order = state.nextOrder();
  const output = drawOutput(request, device.seed, order);
  const keepsBlocks = asksForRemoteDecode(state, request.kvTransferParams);
  let sequence: Sequence<LoopRequest> | null = null;
  const answer = new Answer({
    ...exchange,
    request,
    head: {
      id: exchange.id,
      created: Math.floor(Date.now() / 1000),
      model: device.card.id,
      chat: request.chat,
    },
    order,
    vocabulary: device.card.vocabulary_size,
    finishReason: output.finishReason,
    sendLog: state.sendLog,
    tokensPerChunk: state.tokensPerChunk,
    timings: state.pose.timings,
    holdsToken: () => state.coalesces && state.random.uniform() < coalesceChance(live.loop.engine.running),
    exit: state.exit,
    cachedTokens: () => (sequence === null ? 0 : sequence.cachedTokens + sequence.externalTokens),
    kvTransferParams: () => (keepsBlocks ? handOutKv(state, exchange.id, sequence!, exchange) : null),
  });
  answer.begin();
  let first = true;
  sequence = live.submit({
    promptTokens: request.promptIds.length,
    outputTokens: output.tokens,
    arrivedAt: exchange.arrivedAt,
    queuedAt: received.state === 'arrives' ? Math.max(received.at, live.now()) : queuedAt,
    ...(received.state === 'arrives' && { remoteTokens: received.tokens }),
    keepsBlocks,
    blockKeys: blockKeys(request.promptIds, device.blockSize, request.cacheSalt),
    deliver: (_at, last, more = false) => {
      if (first && received.state === 'arrives') received.done();
      first = false;
      answer.token(last, more);
    },
  });
  const submitted = sequence;
  // A client that goes away aborts its request.
  response.on('close', () => live.abort(submitted));
}

const kvFailure = (message: string) => ({
  status: 500,
  type: 'InternalServerError',
  message,
  param: null,
});

const coalesceChance = (running: number): number => COALESCE_AT_FULL_LOAD * Math.min(1, running / 64);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
