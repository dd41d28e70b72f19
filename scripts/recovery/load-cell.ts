import { type MetricsSnapshot, readSnapshot } from '../../src/endpoint/metrics-snapshot.ts';
import { snapshotDelta } from '../../src/endpoint/snapshot-delta.ts';
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

/** What speculation did between two scrapes. */
function speculated(scrapes: readonly EngineSnapshot[]): ServerEvidence | null {
  const [opened, closed] = scrapes;
  if (!opened || !closed) return null;
  const delta = snapshotDelta(speculationOf(opened), speculationOf(closed), null);
  return { from_s: opened.at_s, to_s: closed.at_s, from_bound_s: 0, to_bound_s: 0, delta };
}

/** A metrics page with nothing on it. */
const NOTHING = readSnapshot('', 0, 0);

/** The counters of speculation alone: the others are not asked for. */
const speculationOf = (engine: EngineSnapshot): MetricsSnapshot => ({
  ...NOTHING,
  at_s: engine.at_s,
  spec_drafts: engine.spec_decode_num_drafts,
  spec_draft_tokens: engine.spec_decode_num_draft_tokens,
  spec_accepted_tokens: engine.spec_decode_num_accepted_tokens,
});
