import type { RequestTimeline } from '../../../src/measure/timeline.ts';
import { requestLengths } from '../../../src/roofline/scheduler/request-lengths.ts';
import type { SimulatedLoad } from '../../../src/roofline/scheduler/simulate.ts';
import type { SimulatedDevice } from '../../../src/simulate/device.ts';
import { createVirtualPort } from '../../../src/simulate/virtual-port.ts';

export interface EngineMeans {
  readonly ttft: number;
  readonly tpot: number;
  readonly preemptions: number;
  /** Of every measured request, and of every gap between two of its tokens. */
  readonly samples: {
    readonly ttft: readonly number[];
    readonly tpot: readonly number[];
    readonly e2e: readonly number[];
    readonly tbt: readonly number[];
  };
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
  const requests = measured.map(({ sent_s, chunks: { at_s } }) => {
    const [first, last] = [at_s[0]!, at_s.at(-1)!];
    const gaps = Array.from(at_s.slice(1), (at, i) => at - at_s[i]!);
    return {
      ttft: first - sent_s,
      e2e: last - sent_s,
      tpot: (last - first) / Math.max(1, gaps.length),
      gaps,
    };
  });
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value / values.length, 0);
  const samples = {
    ttft: requests.map((one) => one.ttft),
    tpot: requests.map((one) => one.tpot),
    e2e: requests.map((one) => one.e2e),
    tbt: requests.flatMap((one) => one.gaps),
  };
  return {
    ttft: mean(samples.ttft),
    tpot: mean(samples.tpot),
    preemptions: port.counters().num_preemptions,
    samples,
  };
}
