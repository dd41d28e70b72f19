import type { StepLoad } from '../../src/roofline/step.ts';
import { Engine } from '../../src/simulate/engine.ts';
import type { EngineLimits } from '../../src/simulate/scheduler.ts';
import type { EngineRequest, Sequence } from '../../src/simulate/sequence.ts';

/** An engine whose steps all take one second, with small limits. */
export const engineOf = (limits: Partial<EngineLimits> = {}): Engine<EngineRequest> =>
  new Engine({
    limits: { maxNumBatchedTokens: 64, maxNumSeqs: 8, kvCapacityTokens: 1024, blockSize: 16, ...limits },
    stepSeconds: () => 1,
  });

export const request = (
  promptTokens: number,
  outputTokens: number,
  more: Partial<EngineRequest> = {},
): EngineRequest => ({ promptTokens, outputTokens, arrivedAt: 0, queuedAt: 0, blockKeys: null, ...more });

export interface Trace {
  readonly loads: StepLoad[];
  /** Tokens of each request after each step. */
  readonly generated: number[][];
}

/** Runs until nothing is left, on the engine's own schedule. */
export function drain(engine: Engine<EngineRequest>, sequences: readonly Sequence<EngineRequest>[]): Trace {
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

/** Tokens of every piece of a prompt in a step. */
export const chunks = (load: StepLoad): number[] => load.prefills.map((chunk) => chunk.tokens);
