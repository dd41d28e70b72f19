import type { Arrivals } from '../run/schema.ts';
import { drawGaps } from '../stats/gaps.ts';
import { createRandom } from '../stats/random.ts';
import type { TraceColumns } from '../suite/trace.ts';
import type { LoadPort } from './port.ts';
import type { Timers } from './timers.ts';

/** A request that is due. Lengths are null where they are the cell's. */
export interface Arrival {
  /** Seconds from the start of the schedule. */
  readonly at_s: number;
  readonly lengths: { readonly inputTokens: number; readonly outputTokens: number } | null;
}

/**
 * The schedule of an open loop: absolute times, drawn without a look at the clock, so that it never drifts and nothing that
 * happens to one request moves another. The same seed gives the same schedule.
 * @returns the next arrival, one a call, without end; a trace begins anew after its last request
 */
export function arrivalTimes(arrivals: Arrivals, trace: TraceColumns | null, seed: number): () => Arrival {
  if (trace !== null) return replay(trace, arrivals.trace?.speed ?? 1);
  const { rate_per_s: rate } = arrivals;
  if (arrivals.process === 'constant') {
    let index = 0;
    return () => ({ at_s: index++ / rate, lengths: null });
  }
  const { process, burstiness } = arrivals;
  if (process === 'trace') throw new RangeError('a trace without its requests');
  const gap = drawGaps({ process, burstiness }, createRandom(seed));
  let at_s = 0;
  return () => {
    at_s += gap() / rate;
    return { at_s, lengths: null };
  };
}

function replay(trace: TraceColumns, speed: number): () => Arrival {
  const { at_s, input_tokens, output_tokens } = trace;
  const { length } = at_s;
  // From one beginning to the next: the last request is followed by a gap of mean length.
  const span = at_s.at(-1)! - at_s[0]!;
  const period = length > 1 ? (span * length) / (length - 1) : 1;
  let index = 0;
  return () => {
    const row = index % length;
    const round = Math.floor(index / length);
    index += 1;
    return {
      at_s: (at_s[row]! - at_s[0]! + round * period) / speed,
      lengths: { inputTokens: input_tokens[row]!, outputTokens: output_tokens[row]! },
    };
  };
}

/**
 * Variance of the gaps between arrivals over their squared mean: 0 constant, 1 Poisson, more in bursts. It says how far the
 * number of requests in flight wanders by chance.
 */
export function gapVariation(arrivals: Arrivals, trace: TraceColumns | null): number {
  switch (arrivals.process) {
    case 'constant':
      return 0;
    case 'poisson':
      return 1;
    case 'gamma':
      return 1 / (arrivals.burstiness ?? 1);
    case 'trace':
      return trace === null ? 1 : variationOf(trace.at_s);
  }
}

function variationOf(times: readonly number[]): number {
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  if (!(mean > 0)) return 1;
  return gaps.reduce((sum, gap) => sum + (gap / mean - 1) ** 2, 0) / gaps.length;
}

/**
 * Hands over each arrival when it is due, until the timers are cancelled. All that is due goes out at once: a timer that was
 * late has not moved what comes after it.
 * @param began when the schedule starts, on the port's clock
 */
export function sendWhenDue(
  port: Pick<LoadPort, 'now'>,
  timers: Timers,
  began: number,
  next: () => Arrival,
  send: (arrival: Arrival, dueAt: number) => void,
): void {
  let arrival = next();
  const arm = (): void =>
    timers.at(began + arrival.at_s, () => {
      while (!timers.areOver && began + arrival.at_s <= port.now()) {
        send(arrival, began + arrival.at_s);
        arrival = next();
      }
      if (!timers.areOver) arm();
    });
  arm();
}
