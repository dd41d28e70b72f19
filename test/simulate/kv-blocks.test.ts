import { describe, expect, it } from 'vitest';
import { chunks, drain, engineOf, request } from './engine-of.ts';

describe('the KV cache', () => {
  it('is taken block by block as sequences grow, and given back at their end', () => {
    const engine = engineOf();
    engine.submit(request(16, 18));
    const held: number[] = [];
    for (let now = 0; now < 18; now += 1) {
      engine.planStep(now);
      held.push(engine.kv.heldBlocks);
      engine.finishStep();
    }
    // The prompt's block, one more from the second token on, a third for the 33rd token.
    expect(held).toEqual([1, ...new Array<number>(16).fill(2), 3]);
    expect(engine.kv.heldBlocks).toBe(0);
  });

  it('admits nobody whose prompt does not fit what is left', () => {
    const engine = engineOf({ kvCapacityTokens: 64 });
    const first = engine.submit(request(40, 5));
    const second = engine.submit(request(20, 2));
    const { generated } = drain(engine, [first, second]);
    expect(generated.map((tokens) => tokens[1])).toEqual([0, 0, 0, 0, 0, 1, 2]);
  });

  it('preempts the last one admitted when a decode finds no block, and computes it again', () => {
    const engine = engineOf({ kvCapacityTokens: 64 });
    const older = engine.submit(request(30, 10));
    const younger = engine.submit(request(30, 6));
    const { loads, generated } = drain(engine, [older, younger]);
    expect(engine.metrics.num_preemptions).toBe(1);
    expect([older.preemptions, younger.preemptions]).toEqual([0, 1]);
    // Both held two blocks when the older one needed its third for token 33; the younger one had 3 tokens.
    expect(generated[3]).toEqual([4, 3]);
    // It comes back when the older one has ended: 30 prompt tokens and 3 generated ones, as one prompt.
    const recompute = loads.at(-3)!;
    expect(recompute.prefills).toEqual([{ tokens: 33, context: 0, completes: true }]);
    expect(generated.at(-1)).toEqual([10, 6]);
    // A prompt is counted once, however often it is computed.
    expect(engine.metrics.prompt_tokens).toBe(60);
    expect(engine.metrics.generation_tokens).toBe(16);
  });

  it('finds a prefix again by its keys, but always computes the last token', () => {
    const engine = engineOf();
    const keys = [1, 2];
    const first = engine.submit(request(32, 1, { blockKeys: keys }));
    drain(engine, [first]);
    expect(first.cachedTokens).toBe(0);
    const second = engine.submit(request(32, 1, { blockKeys: keys, queuedAt: 9 }));
    const longer = engine.submit(request(40, 1, { blockKeys: keys, queuedAt: 10 }));
    const { loads } = drain(engine, [second, longer]);
    expect([second.cachedTokens, longer.cachedTokens]).toEqual([16, 32]);
    expect(loads.map(chunks)).toEqual([[16], [8]]);
    expect(engine.metrics.prefix_cache_queries).toBe(104);
    expect(engine.metrics.prefix_cache_hits).toBe(48);
    expect(engine.kv.heldBlocks).toBe(0);
  });

  it('forgets the prefix that was not used for longest when the room is needed', () => {
    const engine = engineOf({ kvCapacityTokens: 64 });
    const run = (blockKeys: number[], at: number): number => {
      const sequence = engine.submit(request(32, 1, { blockKeys, queuedAt: at }));
      drain(engine, [sequence]);
      return sequence.cachedTokens;
    };
    run([1, 2], 0);
    run([3, 4], 10);
    expect(run([1, 2], 20)).toBe(16);
    run([5, 6], 30);
    expect(run([3, 4], 40)).toBe(0);
  });
});
