import { EXIT, RidgeError } from '../errors.ts';
import { gapVariation } from '../load/arrivals.ts';
import type { LoadHooks, LoadResult, OpenLoadResult } from '../load/cell.ts';
import { runClosedLoop } from '../load/closed-loop.ts';
import { runDecodeBatches } from '../load/decode-batches.ts';
import { runOpenLoop } from '../load/open-loop.ts';
import type { LoadPort } from '../load/port.ts';
import type { CellEvidence } from '../measure/evidence.ts';
import { MOST_IN_FLIGHT } from '../suite/schema.ts';
import { thresholdsOf } from '../suite/thresholds.ts';
import type { CellTask } from './protocol.ts';
import { tellsStalls } from './tells-stalls.ts';

/** What the load generator saw, and what it was to do: the part of the evidence that depends on the load's pattern. */
export type DrivenLoad = LoadResult & Pick<CellEvidence, 'concurrency' | 'open'>;

type Hooks = Omit<LoadHooks, 'done'>;

/** Kinds whose requests may arrive at a rate. */
const OPEN_KINDS: ReadonlySet<CellTask['kind']> = new Set(['load', 'cached', 'speculative']);

/**
 * Drives the load that a task asks for; ends early, as cancelled, when the signal aborts.
 * @throws RidgeError (exit 3) for a load that this agent does not know
 */
export async function driveLoad(
  port: LoadPort,
  task: CellTask,
  hooks: Hooks,
  signal: AbortSignal,
): Promise<DrivenLoad> {
  const { kind, concurrency, arrivals, trace = null } = task;
  const cell = {
    inputTokens: task.input_tokens,
    outputTokens: task.output_tokens,
    protocol: task.protocol,
    stop: task.stop,
    seed: task.seed,
    maxLengthTokens: task.max_length_tokens,
    stallGapToMedian: tellsStalls(task) ? thresholdsOf(task.thresholds).compile_stall_gap_to_median : null,
  };
  if (arrivals !== null && OPEN_KINDS.has(kind)) {
    const mostInFlight = task.protocol.max_in_flight ?? MOST_IN_FLIGHT;
    const { overload, ...load } = await driven<OpenLoadResult>(signal, (done) =>
      runOpenLoop(port, { ...cell, arrivals, trace, mostInFlight }, { ...hooks, done }),
    );
    const open = { arrivals, gapVariation: gapVariation(arrivals, trace), overload };
    return { ...load, open, concurrency: arrivals.rate_per_s * load.residence_s };
  }
  if (concurrency === null) {
    throw new RidgeError(`this agent does not measure ${kind} cells of this load`, { exitCode: EXIT.failed });
  }
  const run = kind === 'decode' ? runDecodeBatches : runClosedLoop;
  const load = await driven<LoadResult>(signal, (done) =>
    run(port, { ...cell, concurrency }, { ...hooks, done }),
  );
  return { ...load, concurrency };
}

function driven<Result>(
  signal: AbortSignal,
  run: (done: (result: Result) => void) => { cancel(): void },
): Promise<Result> {
  return new Promise((resolve) => {
    const loop = run(resolve);
    if (signal.aborted) loop.cancel();
    signal.addEventListener('abort', () => loop.cancel(), { once: true });
  });
}
