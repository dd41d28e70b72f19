import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import { runDecodeBatches } from '../../src/load/decode-batches.ts';
import type { ServerEvidence } from '../../src/measure/evidence.ts';
import type { SimulatedDevice } from '../../src/simulate/device.ts';
import type { EngineSnapshot } from '../../src/simulate/snapshot.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import type { Protocol, StopRule } from '../../src/suite/schema.ts';
import type { Shape } from './suite.ts';

/** Runs one cell, a closed loop or batches that decode, on a simulated device in virtual time; with the true mean power of a device over its window, and what the server counted in it where it speculates. */
export function loadCell(
  device: SimulatedDevice,
  shape: Shape,
  protocol: Protocol,
  stop: StopRule,
  seed: number,
): LoadResult & { readonly power_w: number | null; readonly server: ServerEvidence | null } {
  const port = createVirtualPort(device, { cachedTokens: shape.cachedInput ?? 0 });
  const ended: LoadResult[] = [];
  const scrapes: EngineSnapshot[] = [];
  const run = shape.kind === 'decode' ? runDecodeBatches : runClosedLoop;
  run(
    port,
    {
      inputTokens: shape.input,
      outputTokens: shape.output,
      concurrency: shape.concurrency,
      protocol,
      stop,
      seed,
      maxLengthTokens: device.maxLengthTokens,
    },
    {
      done: (result) => ended.push(result),
      windowOpened: () => scrapes.push(port.counters()),
      windowClosed: () => scrapes.push(port.counters()),
    },
  );
  port.run(() => ended.length > 0);
  const [result] = ended;
  if (!result) throw new Error(`a cell never ended: ${JSON.stringify(shape)}`);
  const { window } = result;
  const server = device.settings.speculation ? speculated(scrapes) : null;
  return { ...result, server, power_w: window && port.power.mean(window.opened_s, window.closed_s) };
}

/** What speculation did between two scrapes; the other counters are not asked for. */
function speculated(scrapes: readonly EngineSnapshot[]): ServerEvidence | null {
  const [opened, closed] = scrapes;
  if (!opened || !closed) return null;
  const grown = (name: keyof EngineSnapshot): number => Number(closed[name]) - Number(opened[name]);
  return {
    from_s: opened.at_s,
    to_s: closed.at_s,
    delta: {
      generation_tokens: null,
      prompt_tokens: null,
      prefix_cache_hits: null,
      prefix_cache_queries: null,
      preemptions: null,
      engine_steps: null,
      mean_running: null,
      mean_waiting: null,
      max_kv_usage: null,
      ttft_mean_s: null,
      tpot_mean_s: null,
      spec_drafts: grown('spec_decode_num_drafts'),
      spec_draft_tokens: grown('spec_decode_num_draft_tokens'),
      spec_accepted_tokens: grown('spec_decode_num_accepted_tokens'),
      kv_transfer: null,
    },
  };
}
