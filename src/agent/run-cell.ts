import { rateFor } from '../calibrate/host-calibration.ts';
import type { EndpointIdentity } from '../endpoint/identity.ts';
import { waitForIdle } from '../endpoint/idle.ts';
import { createEndpointPort } from '../endpoint/port.ts';
import { freshSalt } from '../endpoint/prompts.ts';
import { resetPrefixCache } from '../endpoint/reset-cache.ts';
import type { ClientCounts } from '../endpoint/socket-counts.ts';
import { requireSockets } from '../endpoint/socket-limits.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { watchEventLoop } from '../event-loop-delay.ts';
import type { LoadResult } from '../load/cell.ts';
import { type CellEvidence, measureSteps } from '../measure/measure-cell.ts';
import { encodeSteps } from '../measure/steps/steps-codec.ts';
import { encodeTimeline, quantise } from '../measure/timeline-codec.ts';
import { verdictOf } from '../measure/verdict.ts';
import { lengthened } from '../power/least-window.ts';
import { encodeSamples } from '../power/samples-codec.ts';
import { KV_BLOCK_TOKENS } from '../roofline/scheduler/kv-account.ts';
import type { CellProgress } from '../run/events.ts';
import type { HostCalibration } from '../run/schema.ts';
import { cellPower, NO_POWER, type PowerSources, pairPower } from './cell-power.ts';
import { promptFacts, promptsFor } from './cell-prompts.ts';
import { type DrivenLoad, driveLoad } from './drive-load.ts';
import { accessOf } from './identify.ts';
import { openPair } from './pair.ts';
import { producedIn } from './produced.ts';
import type { AgentTarget, CellResult, CellTask } from './protocol.ts';
import { requireIdle } from './require-idle.ts';
import { ServerWatch } from './server-watch.ts';
import { socketFacts, withReadersWait } from './socket-facts.ts';
import { tellsStalls } from './tells-stalls.ts';
import { sendPrefix, touchFirst } from './touch-first.ts';

export interface CellHooks {
  progress(progress: CellProgress): void;
  requests(lines: readonly string[]): void;
  /** Power readings, as JSON text in pieces. */
  power?(text: string): void;
  /** The engine's steps, as JSON text in pieces. */
  steps(text: string): void;
}

/** Characters of request timelines or steps in one message. */
const BATCH_CHARACTERS = 256 * 1024;

/**
 * Measures one cell on an endpoint over real sockets: waits for an idle server, drives the load, scrapes around
 * it, sends every request's timeline, judges.
 * @throws RidgeError (exit 3) when the server is busy with others, its metrics fail, the host has too few sockets, or the cell was cancelled
 */
export async function runCell(
  target: AgentTarget,
  endpoint: EndpointIdentity,
  asked: CellTask,
  hooks: CellHooks,
  signal: AbortSignal,
  power: PowerSources = NO_POWER,
  calibration: HostCalibration = { state: 'none' },
): Promise<CellResult> {
  const longer = { ...asked, ...lengthened(asked, power.own?.facts ?? null) };
  const both = asked.kind === 'disaggregated' ? (power.prefill?.facts ?? null) : null;
  const task = { ...longer, ...lengthened(longer, both) };
  const started = new Date();
  const began = performance.now();
  requireSockets(task.concurrency ?? 0);
  const watch = new ServerWatch(accessOf(target), endpoint.metrics_path);
  await requireIdle(watch, target.url);
  const prefix_cache_reset = await resetPrefixCache(accessOf(target), endpoint.cache_reset);
  const portOptions = {
    url: target.url,
    apiKey: target.api_key,
    model: endpoint.model.id,
    features: endpoint.features,
    api: target.api,
    prompts: await promptsFor(target, endpoint, task),
    temperature: task.protocol.temperature ?? 0,
    seed: task.seed,
    requestTimeoutSeconds: task.protocol.request_timeout_s,
    stallTimeoutSeconds: task.protocol.stall_timeout_s,
    ...(task.cached_input_tokens !== undefined && { cacheSalt: freshSalt() }),
  };
  const pair = task.kind === 'disaggregated' ? await openPair(target, endpoint, task, portOptions) : null;
  const workers = task.protocol.client_workers;
  const touched_requests = pair === null ? await touchFirst(portOptions, task, signal) : 0;
  if (task.cached_input_tokens !== undefined) await sendPrefix(portOptions, task, signal);
  const own = pair === null ? createEndpointPort({ ...portOptions, workers }) : null;
  const port = pair?.port ?? own!;
  await own?.ready();
  await watch.take('before');
  power.own?.begin();
  if (pair !== null) power.prefill?.begin();
  const eventLoop = watchEventLoop();
  const origin = port.now();
  let load: DrivenLoad;
  // Null where a thread of the client has ended, and of a pair.
  let counts: ClientCounts | null = null;
  try {
    load = await driveLoad(
      port,
      task,
      {
        progress: hooks.progress,
        windowOpened: () => void watch.take('opened'),
        windowClosed: () => void watch.take('closed'),
      },
      signal,
    );
    if (own !== null) counts = await own.counts().catch(() => null);
  } finally {
    watch.stop();
    await port.close();
  }
  const eventLoopDelay = withReadersWait(eventLoop.stop(), counts);
  if (signal.aborted) throw new RidgeError('the cell was cancelled', { exitCode: EXIT.failed });
  await waitForIdle(() => watch.scrape()).catch(() => false);
  await watch.take('after');
  const { server, wholeCell } = await watch.evidence(origin);
  // Judged as a reader of the record will see it.
  const timelines = load.timelines.map(quantise);
  const { timelines: _, ...loaded } = load;
  const evidence: Omit<CellEvidence, 'timelines'> = {
    ...loaded,
    kind: task.kind,
    kvFill: task.kv_fill,
    stop: task.stop,
    objectives: task.objectives,
    server,
    serverWholeCell: wholeCell,
    maxNumSeqs: task.max_num_seqs,
    firstOfShape: tellsStalls(task),
    eventLoopDelay,
    // Both halves of a pair are read by this thread.
    calibration: rateFor(calibration, own === null ? 1 : workers),
    ...(task.thresholds && { thresholds: task.thresholds }),
    ...(task.buckets && { buckets: task.buckets }),
    ...(task.cached_input_tokens !== undefined && {
      cached: { tokens: task.cached_input_tokens, block_size: task.block_size ?? KV_BLOCK_TOKENS },
    }),
    ...(task.counted && { counted: task.counted }),
    ...(pair && { pair: await pair.evidence() }),
  };
  const { cell, steps } = measureSteps({ ...evidence, timelines });
  sendTimelines(timelines, hooks);
  sendInPieces(JSON.stringify(encodeSteps(steps)), hooks.steps);
  const span = {
    window: cell.window,
    origin,
    produced: producedIn(timelines, cell.window),
    idlePower_w: task.idle_power_w ?? null,
    stoppedBy: load.stoppedBy,
  };
  const { own: watched } = power;
  const read =
    watched &&
    (await (pair === null ? cellPower(watched, span) : pairPower({ ...power, own: watched }, span)));
  if (read && hooks.power) sendInPieces(JSON.stringify(encodeSamples(read.samples, origin)), hooks.power);
  const reasons = [...cell.reasons, ...(read?.reasons ?? [])];
  return {
    ...cell,
    client: cell.client && { ...cell.client, ...(counts && { sockets: socketFacts(counts, workers) }) },
    reasons,
    verdict: verdictOf(reasons),
    energy: read?.energy ?? null,
    started_at: started.toISOString(),
    // The wall clock may be set while a cell runs.
    elapsed_s: (performance.now() - began) / 1000,
    server: server?.delta ?? null,
    stopped_by: load.stoppedBy,
    snapshots: {
      ...(await watch.snapshots()),
      prefix_cache_reset,
      touched_requests,
      prompts: promptFacts(target, task),
      evidence,
    },
  };
}

function sendTimelines(timelines: LoadResult['timelines'], hooks: CellHooks): void {
  let batch: string[] = [];
  let characters = 0;
  for (const timeline of timelines) {
    const line = JSON.stringify(encodeTimeline(timeline));
    batch.push(line);
    characters += line.length;
    if (characters < BATCH_CHARACTERS) continue;
    hooks.requests(batch);
    [batch, characters] = [[], 0];
  }
  if (batch.length > 0) hooks.requests(batch);
}

function sendInPieces(text: string, send: (piece: string) => void): void {
  for (let from = 0; from < text.length; from += BATCH_CHARACTERS)
    send(text.slice(from, from + BATCH_CHARACTERS));
}
