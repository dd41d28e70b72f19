import { describe, expect, it } from 'vitest';
import fc from '../property.ts';
import { drain, engineOf, request } from './engine-of.ts';

describe('abort', () => {
  it('takes a waiting request out at once', () => {
    const engine = engineOf();
    const sequence = engine.submit(request(8, 3));
    engine.abort(sequence);
    expect([engine.waitingAt(Number.POSITIVE_INFINITY), engine.planStep(0)]).toEqual([0, null]);
    expect(engine.metrics.request_success.abort).toBe(1);
  });

  it('keeps the blocks until the step in progress ends, and gives no token', () => {
    const engine = engineOf();
    const sequence = engine.submit(request(8, 3));
    engine.planStep(0);
    engine.abort(sequence);
    expect(engine.kv.heldBlocks).toBe(1);
    expect(engine.finishStep().produced).toEqual([]);
    expect([engine.kv.heldBlocks, engine.running]).toEqual([0, 0]);
  });

  it('is nothing for a request that has ended', () => {
    const engine = engineOf();
    const sequence = engine.submit(request(8, 1));
    drain(engine, [sequence]);
    engine.abort(sequence);
    expect(engine.metrics.request_success).toEqual({ length: 1, stop: 0, abort: 0 });
  });
});

it('serves every request to its end, whatever the limits, and keeps its books right', () => {
  const lengths = fc.record({
    promptTokens: fc.integer({ min: 1, max: 150 }),
    outputTokens: fc.integer({ min: 1, max: 60 }),
    queuedAt: fc.integer({ min: 0, max: 40 }),
    aborts: fc.boolean(),
  });
  const limits = fc.record({
    maxNumSeqs: fc.integer({ min: 1, max: 8 }),
    maxNumBatchedTokens: fc.integer({ min: 8, max: 80 }),
    kvCapacityTokens: fc.integer({ min: 256, max: 600 }),
  });
  fc.assert(
    fc.property(fc.array(lengths, { minLength: 1, maxLength: 12 }), limits, (requests, engineLimits) => {
      const engine = engineOf(engineLimits);
      const sequences = requests.map(({ promptTokens, outputTokens, queuedAt }) =>
        engine.submit(request(promptTokens, outputTokens, { arrivedAt: queuedAt, queuedAt })),
      );
      let now = 0;
      let tokens = 0;
      for (let count = 0; count < 5000; count += 1) {
        const step = engine.planStep(now);
        if (step === null && engine.wakeAt(now) === Number.POSITIVE_INFINITY) break;
        now = step?.end ?? engine.wakeAt(now);
        if (step === null) continue;
        const scheduled = step.prefills.reduce((sum, chunk) => sum + chunk.tokens, step.decodes);
        expect(scheduled).toBeLessThanOrEqual(engineLimits.maxNumBatchedTokens);
        expect(engine.running).toBeLessThanOrEqual(engineLimits.maxNumSeqs);
        expect(engine.kv.heldBlocks).toBeLessThanOrEqual(engine.kv.total);
        tokens += engine.finishStep().produced.length;
        if (now === 20) {
          sequences.forEach((sequence, index) => {
            if (requests[index]!.aborts) engine.abort(sequence);
          });
        }
      }
      expect([engine.running, engine.waitingAt(Number.POSITIVE_INFINITY), engine.kv.heldBlocks]).toEqual([
        0, 0, 0,
      ]);
      expect(sequences.every((sequence) => sequence.finished || sequence.aborted)).toBe(true);
      expect(engine.metrics.generation_tokens).toBe(tokens);
      expect(tokens).toBe(sequences.reduce((sum, sequence) => sum + sequence.generated, 0));
    }),
    { numRuns: 100 },
  );
});
