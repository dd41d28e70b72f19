import { afterEach, expect, it, vi } from 'vitest';
import { engineSteps } from '../../../src/measure/steps/engine-steps.ts';
import { knownPrefillTokens } from '../../../src/measure/steps/prefill-tokens.ts';
import type { EngineSteps } from '../../../src/measure/steps/step-columns.ts';
import type { RequestTimeline } from '../../../src/measure/timeline.ts';
import { quantise } from '../../../src/measure/timeline-codec.ts';
import type { SimulatedDevice } from '../../../src/simulate/device.ts';
import { Engine, type Step } from '../../../src/simulate/engine.ts';
import { createVirtualPort } from '../../../src/simulate/virtual-port.ts';
import { createRandom } from '../../../src/stats/random.ts';
import { device } from '../../simulate/factory.ts';
import { request } from '../cells.ts';

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
  /** Length of the shortest step, s. */
  readonly step_s: number;
  /** Time over which the server sends the tokens of one step, as a share of the shortest step. */
  readonly sending: number;
  /** Share of the steps after which the client reads late, and how late, in steps. */
  readonly stalls: number;
  readonly stallSteps: number;
}

/** The timelines on another time scale, as a client sees them that reads its sockets late now and then: the bound says so. */
function blurred(timelines: readonly RequestTimeline[], blur: Blur): RequestTimeline[] {
  const random = createRandom(3);
  const all = [...new Set(timelines.flatMap(({ chunks }) => chunks.at_s))].sort((a, b) => a - b);
  const scale = blur.step_s / Math.min(...all.slice(1).map((at, i) => at - all[i]!));
  const stalls = all
    .filter(() => random.uniform() < blur.stalls)
    .map((at) => ({ from: at * scale, to: at * scale + blur.stallSteps * blur.step_s }));
  return timelines.map((request) => {
    const at_s: number[] = [];
    const bound_s: number[] = [];
    for (const at of request.chunks.at_s) {
      // The server goes through its streams in an order of its own.
      const arrived = at * scale + random.uniform() * blur.sending * blur.step_s;
      const late = stalls.find(({ from, to }) => arrived >= from && arrived < to);
      at_s.push(late?.to ?? arrived);
      bound_s.push(late ? late.to - late.from : 20e-6);
    }
    const sent_s = request.sent_s * scale;
    return { ...request, sent_s, ended_s: at_s.at(-1)!, chunks: { ...request.chunks, at_s, bound_s } };
  });
}

const [, FEW, LONG] = LOOPS as [Loop, Loop, Loop];
const MANY: Loop = { concurrency: 256, input: 64, output: 40, seconds: 1.5 };
const QUIET = { stalls: 0, stallSteps: 0 };

it.each<[string, Loop, Blur, number]>([
  ['steps last half a millisecond', FEW, { step_s: 0.5e-3, sending: 0.3, ...QUIET }, 0],
  ['256 streams share steps of half a millisecond', MANY, { step_s: 0.5e-3, sending: 0.3, ...QUIET }, 0],
  ['steps last 100 ms', LONG, { step_s: 0.1, sending: 0.3, ...QUIET }, 0],
  ['sending takes half a step', LONG, { step_s: 5e-3, sending: 0.5, ...QUIET }, 0],
  ['sending to 256 streams takes nearly a step', MANY, { step_s: 20e-3, sending: 0.9, ...QUIET }, 0.01],
  [
    'the client sleeps through 3 steps now and then',
    FEW,
    { step_s: 5e-3, sending: 0.05, stalls: 0.01, stallSteps: 3 },
    0.01,
  ],
  [
    'the client sleeps through 8 steps at times',
    LONG,
    { step_s: 5e-3, sending: 0.1, stalls: 0.005, stallSteps: 8 },
    0.01,
  ],
])('finds the steps although %s', (_, loop, blur, share) => {
  const { timelines, truth } = observed(device(), loop);
  const steps = engineSteps(blurred(timelines, blur).map(quantise));
  expect(truth.length).toBeGreaterThan(100);
  expect(Math.abs(steps.end_s.length - truth.length)).toBeLessThanOrEqual(share * truth.length);
});

/** Decodes of three streams 10 ms apart; every `each` tokens a prompt of another request is computed alone, 40 ms long. */
function alternating(): RequestTimeline[] {
  const stamps: number[] = [];
  const prompts: number[] = [];
  let at = 1;
  for (let step = 0; step < 60; step++) {
    at += 0.01;
    stamps.push(at);
    if (step % 6 !== 5) continue;
    at += 0.04;
    prompts.push(at);
  }
  const chunks = (at_s: number[]) => ({ at_s, tokens: at_s.map(() => 1), bound_s: at_s.map(() => 1e-5) });
  const decoding = [0, 1, 2].map((stream) =>
    request({ stream, sent_s: 0.9, chunks: chunks(stamps.map((t) => t + 1e-4 * stream)) }),
  );
  return [...decoding, ...prompts.map((t) => request({ stream: 3, sent_s: t - 0.05, chunks: chunks([t]) }))];
}

it('takes prompts that an engine computes apart from decodes for steps of their own', () => {
  const steps = engineSteps(alternating());
  expect(steps.end_s.length).toBe(70);
  // The first step gives the first tokens of the three that decode.
  const alone = steps.decodes.flatMap((decodes, step) => (decodes === 0 ? [step] : []));
  expect(alone).toHaveLength(1 + 10);
  expect(steps.prompts.map(({ step }) => step).slice(2)).toEqual(alone);
});

it('knows the prompt tokens of a step where nothing else can hold them', () => {
  const { timelines, truth } = observed(device(), FEW);
  const known = knownPrefillTokens(engineSteps(timelines.map(quantise)));
  const computed = truth.map(({ prefills }) => prefills.reduce((sum, { tokens }) => sum + tokens, 0));
  expect(known.map((tokens, step) => (tokens === null ? null : computed[step]))).toEqual(known);
  expect(known.filter((tokens) => tokens !== null).length).toBeGreaterThan(0.5 * known.length);
  expect(known.some((tokens) => tokens !== null && tokens > 0)).toBe(true);
});
