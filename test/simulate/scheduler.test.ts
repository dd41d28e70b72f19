import { describe, expect, it } from 'vitest';
import { chunks, drain, engineOf, request } from './engine-of.ts';

describe('the scheduler', () => {
  it('splits a prompt into chunks of the token budget and samples at the end of the last one', () => {
    const engine = engineOf();
    const sequence = engine.submit(request(150, 2));
    const { loads, generated } = drain(engine, [sequence]);
    expect(loads).toEqual([
      { prefills: [{ tokens: 64, context: 0, completes: false }], decodes: 0, decodeContext: 0 },
      { prefills: [{ tokens: 64, context: 64, completes: false }], decodes: 0, decodeContext: 0 },
      { prefills: [{ tokens: 22, context: 128, completes: true }], decodes: 0, decodeContext: 0 },
      { prefills: [], decodes: 1, decodeContext: 151 },
    ]);
    expect(generated).toEqual([[0], [0], [1], [2]]);
  });

  it('gives decodes their tokens first, then the unfinished prompt, then the waiting ones', () => {
    const engine = engineOf();
    const decoding = engine.submit(request(4, 50));
    engine.planStep(0);
    engine.finishStep();
    engine.submit(request(100, 1));
    engine.submit(request(20, 1));
    const first = engine.planStep(1)!;
    expect([first.decodes, chunks(first)]).toEqual([1, [63]]);
    engine.finishStep();
    const second = engine.planStep(2)!;
    expect([second.decodes, chunks(second)]).toEqual([1, [37, 20]]);
    engine.finishStep();
    expect(decoding.generated).toBe(3);
  });

  it('admits in order of arrival and never lets a short request overtake a long one', () => {
    const engine = engineOf();
    const long = engine.submit(request(200, 1));
    const short = engine.submit(request(8, 1));
    const { generated } = drain(engine, [long, short]);
    expect(generated).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
  });

  it('orders the queue by when requests reach it, not by when they were submitted', () => {
    const engine = engineOf({ maxNumSeqs: 1 });
    const late = engine.submit(request(8, 1, { queuedAt: 2 }));
    const early = engine.submit(request(8, 1, { queuedAt: 1 }));
    const { generated } = drain(engine, [late, early]);
    expect(generated).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it('does not admit a request before it reaches the queue', () => {
    const engine = engineOf();
    engine.submit(request(8, 1, { queuedAt: 5 }));
    expect(engine.planStep(4.9)).toBeNull();
    expect(engine.wakeAt(4.9)).toBe(5);
    expect(engine.planStep(5)).not.toBeNull();
  });

  it('runs no more sequences than it has seats', () => {
    const engine = engineOf({ maxNumSeqs: 2 });
    const sequences = [3, 3, 3].map((outputTokens) => engine.submit(request(8, outputTokens)));
    const { generated } = drain(engine, sequences);
    expect(generated.map((tokens) => tokens[2])).toEqual([0, 0, 0, 1, 2, 3]);
  });

  it('refuses what could never fit', () => {
    const engine = engineOf({ kvCapacityTokens: 64 });
    expect(() => engine.submit(request(60, 5))).toThrow('do not fit the KV cache of 64 tokens');
    expect(() => engine.submit(request(0, 5))).toThrow(RangeError);
  });
});
