import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepLoad } from '../../src/roofline/step.ts';
import { Engine, type EngineLimits } from '../../src/simulate/engine.ts';
import type { EngineRequest, Sequence } from '../../src/simulate/sequence.ts';

/** An engine whose steps all take one second, with small limits. */
const engineOf = (limits: Partial<EngineLimits> = {}, firstTokenSeconds = 0): Engine<EngineRequest> =>
  new Engine({
    limits: { maxNumBatchedTokens: 64, maxNumSeqs: 8, kvCapacityTokens: 1024, blockSize: 16, ...limits },
    stepSeconds: () => 1,
    firstTokenSeconds,
  });

const request = (
  promptTokens: number,
  outputTokens: number,
  more: Partial<EngineRequest> = {},
): EngineRequest => ({ promptTokens, outputTokens, arrivedAt: 0, queuedAt: 0, blockKeys: null, ...more });

interface Trace {
  readonly loads: StepLoad[];
  /** Tokens of each request after each step. */
  readonly generated: number[][];
}

/** Runs until nothing is left, on the engine's own schedule. */
function drain(engine: Engine<EngineRequest>, sequences: readonly Sequence<EngineRequest>[]): Trace {
  const trace: Trace = { loads: [], generated: [] };
  let now = 0;
  for (;;) {
    const step = engine.planStep(now);
    if (step === null) {
      const wake = engine.wakeAt(now);
      if (wake === Number.POSITIVE_INFINITY) return trace;
      now = wake;
      continue;
    }
    trace.loads.push({ prefills: step.prefills, decodes: step.decodes, decodeContext: step.decodeContext });
    now = engine.finishStep().at;
    trace.generated.push(sequences.map((sequence) => sequence.generated));
  }
}

const chunks = (load: StepLoad): number[] => load.prefills.map((chunk) => chunk.tokens);

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

  it('pauses a sequence while its first token is on its way', () => {
    const engine = engineOf({}, 2.5);
    const paused = engine.submit(request(8, 2));
    const other = engine.submit(request(100, 5));
    engine.planStep(0);
    engine.finishStep();
    expect(paused.firstTokenAt).toBe(3.5);
    engine.planStep(1);
    engine.finishStep();
    // The other's first token is on its way as well: nothing runs until the first one has arrived.
    expect([paused.generated, other.generated]).toEqual([1, 1]);
    expect(engine.planStep(2)).toBeNull();
    expect(engine.wakeAt(2)).toBe(3.5);
    expect(engine.planStep(3.5)?.decodes).toBe(1);
  });

  it('refuses what could never fit', () => {
    const engine = engineOf({ kvCapacityTokens: 64 });
    expect(() => engine.submit(request(60, 5))).toThrow('do not fit the KV cache of 64 tokens');
    expect(() => engine.submit(request(0, 5))).toThrow(RangeError);
  });
});

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

describe('abort', () => {
  it('takes a waiting request out at once', () => {
    const engine = engineOf();
    const sequence = engine.submit(request(8, 3));
    engine.abort(sequence);
    expect([engine.waiting, engine.planStep(0)]).toEqual([0, null]);
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
      const engine = engineOf(engineLimits, 0.5);
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
      expect([engine.running, engine.waiting, engine.kv.heldBlocks]).toEqual([0, 0, 0]);
      expect(sequences.every((sequence) => sequence.finished || sequence.aborted)).toBe(true);
      expect(engine.metrics.generation_tokens).toBe(tokens);
      expect(tokens).toBe(sequences.reduce((sum, sequence) => sum + sequence.generated, 0));
    }),
    { numRuns: 100 },
  );
});
