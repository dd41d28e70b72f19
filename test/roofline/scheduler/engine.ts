import type { RequestTimeline } from '../../../src/measure/timeline.ts';
import { requestLengths } from '../../../src/roofline/scheduler/request-lengths.ts';
import type { SimulatedLoad } from '../../../src/roofline/scheduler/simulate.ts';
import type { SimulatedDevice } from '../../../src/simulate/device.ts';
import { createVirtualPort } from '../../../src/simulate/virtual-port.ts';

export interface EngineMeans {
  readonly ttft: number;
  readonly tpot: number;
  readonly preemptions: number;
}

/** Drives the step-by-step engine with KV blocks through the same load, request for request. */
export function driveEngine(device: SimulatedDevice, load: SimulatedLoad): EngineMeans {
  const port = createVirtualPort(device);
  const nextInput = requestLengths(load.inputTokens, load.inputJitter, load.seed, 0);
  const nextOutput = requestLengths(load.outputTokens, load.outputJitter, load.seed, 1);
  const total = load.warmUpRequests + load.measuredRequests;
  const measured: RequestTimeline[] = [];
  let sent = 0;
  let finished = 0;
  const send = (stream: number): void => {
    if (!load.holdsLoad && sent >= total) return;
    const sequence = sent++;
    const spec = {
      sequence,
      stream,
      role: 'load' as const,
      inputTokens: nextInput(),
      outputTokens: nextOutput(),
      scheduledAt: port.now(),
    };
    port.send(spec, (timeline) => {
      if (sequence < total) finished += 1;
      if (sequence >= load.warmUpRequests && sequence < total) measured.push(timeline);
      if (load.turnAroundSeconds > 0) port.at(port.now() + load.turnAroundSeconds, () => send(stream));
      else send(stream);
    });
  };
  for (let stream = 0; stream < load.streams; stream += 1) {
    port.at(stream * load.releaseSeconds, () => send(stream));
  }
  port.run(() => finished >= total);
  let ttft = 0;
  let tpot = 0;
  for (const { sent_s, chunks } of measured) {
    const first = chunks.at_s[0]!;
    ttft += (first - sent_s) / measured.length;
    tpot += (chunks.at_s.at(-1)! - first) / Math.max(1, chunks.at_s.length - 1) / measured.length;
  }
  return { ttft, tpot, preemptions: port.counters().num_preemptions };
}
