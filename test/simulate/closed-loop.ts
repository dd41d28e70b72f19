import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import type { SimulatedDevice } from '../../src/simulate/device.ts';
import { createRandom } from '../../src/simulate/random.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';

export interface LoopShape {
  readonly inputTokens: number;
  /** With which all prompts begin. */
  readonly cachedInputTokens?: number;
  readonly outputTokens: number;
  readonly concurrency: number;
}

export interface LoopMeans {
  readonly ttft: number;
  readonly tpot: number;
  readonly outputTokensPerSecond: number;
}

/** A closed loop with a spread start and output lengths drawn from 0.9 to 1.1 of the nominal one; means after warm-up. */
export function runClosedLoop(
  device: SimulatedDevice,
  shape: LoopShape,
  requests: number,
  seed = 7,
): LoopMeans {
  const port = createVirtualPort(device, { cachedTokens: shape.cachedInputTokens ?? 0 });
  const random = createRandom(seed, 0);
  const guess = closedLoopMeans(device.card, device.parameters, device.settings, {
    ...shape,
    turnAroundSeconds: null,
  });
  const timelines: RequestTimeline[] = [];
  let sequence = 0;
  const next = (stream: number): void => {
    const outputTokens = Math.max(1, Math.round(shape.outputTokens * (0.9 + 0.2 * random.uniform())));
    port.send(
      {
        sequence: sequence++,
        stream,
        role: 'load',
        inputTokens: shape.inputTokens,
        outputTokens,
        scheduledAt: port.now(),
      },
      (timeline) => {
        timelines.push(timeline);
        next(stream);
      },
    );
  };
  for (let stream = 0; stream < shape.concurrency; stream += 1) {
    port.at((stream / shape.concurrency) * guess.e2eSeconds, () => next(stream));
  }
  const warmUp = 2 * shape.concurrency;
  port.run(() => timelines.length >= warmUp + requests);
  return means(timelines.slice(warmUp));
}

function means(timelines: readonly RequestTimeline[]): LoopMeans {
  let ttft = 0;
  let tpot = 0;
  let tokens = 0;
  for (const { sent_s, chunks } of timelines) {
    const first = chunks.at_s[0]!;
    ttft += first - sent_s;
    const produced = chunks.tokens.reduce((sum, each) => sum + each, 0);
    tpot += (chunks.at_s.at(-1)! - first) / Math.max(1, produced - 1);
    tokens += produced;
  }
  const count = timelines.length;
  const span = timelines.at(-1)!.ended_s - timelines[0]!.ended_s;
  return {
    ttft: ttft / count,
    tpot: tpot / count,
    outputTokensPerSecond: (tokens * (count - 1)) / count / span,
  };
}
