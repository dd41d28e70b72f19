import { expect, it } from 'vitest';
import { engineSteps } from '../../../src/measure/steps/engine-steps.ts';
import type { EngineSteps } from '../../../src/measure/steps/step-columns.ts';
import { decodeSteps, encodeSteps } from '../../../src/measure/steps/steps-codec.ts';
import type { RequestTimeline } from '../../../src/measure/timeline.ts';
import { stepColumnsSchema } from '../../../src/run/steps-schema.ts';
import fc from '../../property.ts';
import { request } from '../cells.ts';

const seconds = (most: number) => fc.double({ min: 0, max: most, noNaN: true });

/** Requests of any shape: overlapping or not, cut off or not, with stamps that coincide now and then. */
const requests: fc.Arbitrary<RequestTimeline[]> = fc.array(
  fc
    .record({
      sent_s: seconds(5),
      gaps: fc.array(fc.oneof(fc.constant(0), seconds(0.05)), { maxLength: 30 }),
      bound: seconds(0.01),
      prompt: fc.integer({ min: 1, max: 100_000 }),
      cached: fc.integer({ min: 0, max: 1 }),
      tokens: fc.integer({ min: 1, max: 4 }),
      aborted: fc.boolean(),
    })
    .map(({ sent_s, gaps, bound, prompt, cached, tokens, aborted }) => {
      let at = sent_s;
      const at_s = gaps.map((gap) => (at += gap));
      return request({
        sent_s,
        input_tokens: prompt,
        chunks: { at_s, tokens: at_s.map(() => tokens), bound_s: at_s.map(() => bound) },
        usage: { prompt_tokens: prompt, completion_tokens: tokens * at_s.length, cached_tokens: cached },
        ended_s: at,
        outcome: aborted ? { state: 'aborted' } : { state: 'completed', finish_reason: 'length' },
      });
    }),
  { maxLength: 12 },
);

const TIMES = ['end_s', 'begin_s', 'bound_s'] as const;
const COUNTS = [
  'after_idle',
  'decodes',
  'context_tokens',
  'tokens',
  'open_prompts',
  'open_prompt_tokens',
] as const;

it('gives back what was packed, times to the microsecond, and packs it the same again', () => {
  fc.assert(
    fc.property(requests, (timelines) => {
      const steps = engineSteps(timelines);
      const line = JSON.stringify(encodeSteps(steps));
      const read = decodeSteps(stepColumnsSchema.parse(JSON.parse(line)));
      for (const column of COUNTS) expect(read[column]).toEqual(steps[column]);
      for (const column of TIMES) {
        for (const [step, time] of steps[column].entries()) {
          expect(Math.abs(read[column][step]! - time)).toBeLessThan(1.1e-6);
        }
      }
      expect(read.prompts.map(({ sent_s: _, ...rest }) => rest)).toEqual(
        steps.prompts.map(({ sent_s: _, ...rest }) => rest),
      );
      expect(JSON.stringify(encodeSteps(read))).toBe(line);
    }),
    { numRuns: 300, seed: 6 },
  );
});

it('accounts for every token and every prompt that arrived', () => {
  fc.assert(
    fc.property(requests, (timelines) => {
      const steps: EngineSteps = engineSteps(timelines);
      const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
      expect(sum(steps.tokens)).toBe(sum(timelines.flatMap(({ chunks }) => [...chunks.tokens])));
      expect(steps.prompts.length).toBe(timelines.filter(({ chunks }) => chunks.at_s.length > 0).length);
      for (const [step, end] of steps.end_s.entries()) {
        expect(steps.begin_s[step]).toBeLessThanOrEqual(end);
        expect(end).toBeGreaterThanOrEqual(steps.end_s[step - 1] ?? 0);
        expect(steps.open_prompts[step]).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: 300, seed: 7 },
  );
});
