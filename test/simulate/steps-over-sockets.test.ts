import { afterEach, expect, it, vi } from 'vitest';
import { createEndpointPort } from '../../src/endpoint/port.ts';
import { randomIdPrompts } from '../../src/endpoint/prompts.ts';
import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import { engineSteps } from '../../src/measure/steps/engine-steps.ts';
import { Engine, type Step } from '../../src/simulate/engine.ts';
import { cellOf } from '../load/run-cell.ts';
import { endpoint } from './endpoint.ts';
import { card, device } from './factory.ts';

afterEach(() => vi.restoreAllMocks());

const FEATURES = {
  token_id_prompts: true,
  cache_salt: true,
  continuous_usage: true,
  return_token_ids: true,
  metrics: true,
};

/** What the engine does in every step that gives a token, from now on. */
function watchEngine(): Step[] {
  const truth: Step[] = [];
  const plan = Engine.prototype.planStep;
  vi.spyOn(Engine.prototype, 'planStep').mockImplementation(function (this: Engine<never>, now) {
    const step = plan.call(this, now);
    const gives = step !== null && (step.decodes > 0 || step.prefills.some(({ completes }) => completes));
    if (gives) truth.push(step);
    return step;
  });
  return truth;
}

it.each([1, 8])(
  'finds the steps of a served engine in the stamps of %i streams',
  { retry: 2 },
  async (concurrency) => {
    const truth = watchEngine();
    const { url } = await endpoint({ device: device() });
    const port = createEndpointPort({
      url,
      apiKey: null,
      model: card.id,
      features: FEATURES,
      prompts: randomIdPrompts(card.vocabulary_size),
      temperature: 0,
      seed: 1,
      requestTimeoutSeconds: 60,
      stallTimeoutSeconds: 60,
    });
    const stop = { min_requests: 8, max_requests: 8, min_s: 0.1, max_s: 5 };
    const cell = cellOf({ concurrency, inputTokens: 64, outputTokens: 40, stop });
    const { timelines } = await new Promise<LoadResult>((done) => runClosedLoop(port, cell, { done }));
    await port.close();
    const steps = engineSteps(timelines);
    // A token of an aborted filler may never have been seen.
    expect(Math.abs(steps.end_s.length - truth.length)).toBeLessThanOrEqual(Math.max(2, 0.02 * truth.length));
    // On a quiet host every one, as in virtual time; a busy one mistakes some.
    const found = new Set(
      steps.end_s.map((_, step) => `${steps.decodes[step]} ${steps.context_tokens[step]}`),
    );
    const same = truth.filter((step) =>
      found.has(`${step.decodes} ${Math.round(step.decodes * step.decodeContext)}`),
    );
    expect(same.length).toBeGreaterThan(0.7 * truth.length);
  },
);
