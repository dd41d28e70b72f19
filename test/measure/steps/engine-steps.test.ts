import { afterEach, expect, it, vi } from 'vitest';
import { type EngineSteps, engineSteps } from '../../../src/measure/steps/engine-steps.ts';
import type { RequestTimeline } from '../../../src/measure/timeline.ts';
import { quantise } from '../../../src/measure/timeline-codec.ts';
import type { SimulatedDevice } from '../../../src/simulate/device.ts';
import { Engine, type Step } from '../../../src/simulate/engine.ts';
import { createVirtualPort } from '../../../src/simulate/virtual-port.ts';
import { createRandom, type Random } from '../../../src/stats/random.ts';
import { device } from '../../simulate/factory.ts';

afterEach(() => vi.restoreAllMocks());

interface Loop {
  readonly concurrency: number;
  readonly input: number;
  readonly output: number;
  readonly seconds: number;
}

/** A closed loop in virtual time, and what its engine did in each step that gave a token. */
function observed(target: SimulatedDevice, loop: Loop): { timelines: RequestTimeline[]; truth: Step[] } {
  const truth: Step[] = [];
  const plan = Engine.prototype.planStep;
  vi.spyOn(Engine.prototype, 'planStep').mockImplementation(function (this: Engine<never>, now) {
    const step = plan.call(this, now);
    if (step !== null && (step.decodes > 0 || step.prefills.some(({ completes }) => completes)))
      truth.push(step);
    return step;
  });
  const port = createVirtualPort(target);
  const random = createRandom(11 + loop.concurrency);
  const timelines: RequestTimeline[] = [];
  let sequence = 0;
  const next = (stream: number): void => {
    if (port.now() > loop.seconds) return;
    const share = 0.5 + random.uniform();
    const lengths = { inputTokens: loop.input, outputTokens: Math.max(1, Math.round(loop.output * share)) };
    port.send(
      { sequence: sequence++, stream, role: 'load', scheduledAt: port.now(), ...lengths },
      (timeline) => {
        timelines.push(timeline);
        next(stream);
      },
    );
  };
  for (let stream = 0; stream < loop.concurrency; stream++) {
    port.at((stream / loop.concurrency) * 0.5, () => next(stream));
  }
  port.run();
  return { timelines, truth };
}

const seen = (steps: EngineSteps) =>
  steps.end_s.map((_, step) => ({
    decodes: steps.decodes[step],
    context: steps.context_tokens[step],
    prompts: steps.prompts.filter((prompt) => prompt.step === step).length,
  }));
const planned = (truth: readonly Step[]) =>
  truth.map((step) => ({
    decodes: step.decodes,
    context: Math.round(step.decodes * step.decodeContext),
    prompts: step.prefills.filter(({ completes }) => completes).length,
  }));

const LOOPS: readonly Loop[] = [
  { concurrency: 1, input: 700, output: 40, seconds: 4 },
  { concurrency: 4, input: 300, output: 60, seconds: 4 },
  { concurrency: 16, input: 4000, output: 80, seconds: 4 },
  { concurrency: 64, input: 100, output: 1, seconds: 2 },
];

it.each(LOOPS)(
  'finds every step of a simulated engine: $concurrency streams, $input in, $output out',
  (loop) => {
    const { timelines, truth } = observed(device(), loop);
    const steps = engineSteps(timelines.map(quantise));
    expect(truth.length).toBeGreaterThan(30);
    expect(seen(steps)).toEqual(planned(truth));
    for (const [step, { begin, end }] of truth.entries()) {
      expect(Math.abs(steps.end_s[step]! - end)).toBeLessThan(2e-6);
      // Without decodes the engine may have waited for a request on its way, or prefilled unseen.
      if (steps.decodes[step]! > 0) {
        expect(Math.abs(steps.begin_s[step]! - begin)).toBeLessThan(2e-6);
      }
    }
  },
);

interface Blur {
  /** Time over which the server sends the tokens of one step, as a share of the shortest step. */
  readonly sending: number;
  /** Share of the steps after which the client reads late, and how late, in steps. */
  readonly stalls: number;
  readonly stallSteps: number;
}

/** The timelines as a client sees them that reads its sockets late now and then: the bound says how late. */
function blurred(
  timelines: readonly RequestTimeline[],
  { sending, stalls, stallSteps }: Blur,
  random: Random,
) {
  const all = [...new Set(timelines.flatMap(({ chunks }) => chunks.at_s))].sort((a, b) => a - b);
  const gaps = all.slice(1).map((at, i) => at - all[i]!);
  const shortest = Math.min(...gaps);
  const stall = all
    .filter(() => random.uniform() < stalls)
    .map((at) => ({ from: at, to: at + stallSteps * shortest }));
  return timelines.map((request) => {
    // The server goes through its streams in an order of its own.
    let place = 0;
    const at_s: number[] = [];
    const bound_s: number[] = [];
    for (const at of request.chunks.at_s) {
      place = random.uniform();
      const arrived = at + place * sending * shortest;
      const late = stall.find(({ from, to }) => arrived >= from && arrived < to);
      at_s.push(Math.max(late?.to ?? arrived, at_s.at(-1) ?? 0));
      bound_s.push(late ? late.to - late.from : 20e-6);
    }
    return {
      ...request,
      ended_s: Math.max(request.ended_s, at_s.at(-1)!),
      chunks: { ...request.chunks, at_s, bound_s },
    };
  });
}

it.each<[string, Loop, Blur, number]>([
  ['sending takes a third of a step', LOOPS[1]!, { sending: 0.33, stalls: 0, stallSteps: 0 }, 0],
  ['sending takes half a step', LOOPS[2]!, { sending: 0.5, stalls: 0, stallSteps: 0 }, 0],
  [
    'the client sleeps through three steps now and then',
    LOOPS[1]!,
    { sending: 0.05, stalls: 0.01, stallSteps: 3 },
    0.02,
  ],
  [
    'the client sleeps through eight steps at times',
    LOOPS[2]!,
    { sending: 0.1, stalls: 0.005, stallSteps: 8 },
    0.02,
  ],
])('finds the steps although %s', (_, loop, blur, share) => {
  const { timelines, truth } = observed(device(), loop);
  const steps = engineSteps(blurred(timelines, blur, createRandom(3)).map(quantise));
  expect(Math.abs(steps.end_s.length - truth.length)).toBeLessThanOrEqual(share * truth.length);
});
