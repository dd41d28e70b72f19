import { residence, ttft } from '../measure/latency.ts';
import type { Overload } from '../measure/overload.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import { slopeTest } from '../stats/slope.ts';
import type { Alone } from './cell-run.ts';
import { RecentMean } from './recent-mean.ts';

/** Seconds between two samples of the requests in flight. */
export const SAMPLE_PERIOD_S = 0.1;

/** No cell is judged before: a server that is just starting to fill looks overloaded. */
const SHORTEST_S = 8;
/** Judged again each time that the cell has become this much older. */
const NEXT_LOOK = 1.25;
/** A queue counts as growing when it takes in this share of the arrivals, and chance would not make that slope. */
const GROWTH_SHARE = 0.05;
const P_VALUE = 0.01;
/** So many findings in a row: one look can be a burst. */
const LOOKS = 2;
/** Completed requests without which nothing is known of how long they stay. */
const FEWEST_COMPLETED = 20;
/** In-flight is averaged over slices, so that one burst is one point. */
const SLICES = 16;
/** Near its capacity a server's queue wanders far; only requests that wait or stay so many times as long as alone tell more. */
const TIMES_ALONE = 10;
/** They stay that long, and much of the arrivals still piles up: nothing more to wait for. */
const RUNAWAY_SHARE = 0.25;
/** So many in flight are no burst. */
const RUNAWAY_IN_FLIGHT = 32;
const RECENT = 32;

interface Growth {
  readonly slope: number;
  readonly pValue: number;
}

/**
 * Tells an open loop whose requests come faster than they are served from one that is busy: over the later half of the cell's
 * time both the requests in flight and their TTFT rise, significantly and by a share of the arrival rate that matters, and
 * requests take many times as long as alone.
 */
export class OverloadWatch {
  readonly #rate: number;
  readonly #alone: Alone;
  readonly #began: number;
  readonly #at: number[] = [];
  readonly #inFlight: number[] = [];
  readonly #sent: number[] = [];
  readonly #ttft: number[] = [];
  readonly #ended: number[] = [];
  readonly #stays = new RecentMean(RECENT);
  readonly #waits = new RecentMean(RECENT);
  #nextLook = SHORTEST_S;
  #found = 0;

  /**
   * @param rate arrivals asked for, 1/s
   * @param began time of the schedule's start
   */
  constructor(rate: number, alone: Alone, began: number) {
    this.#rate = rate;
    this.#alone = alone;
    this.#began = began;
  }

  /** Whether requests pile up now: not the moment to call a mean settled. */
  isGrowing(now: number): boolean {
    const growth = this.#growth(now);
    return growth !== null && this.#matters(growth);
  }

  completed(request: RequestTimeline): void {
    const first = ttft(request);
    const stay = residence(request);
    this.#ended.push(request.ended_s);
    if (first === null || stay === null) return;
    this.#stays.add(stay);
    this.#waits.add(first);
    this.#sent.push(request.sent_s);
    this.#ttft.push(first);
  }

  /** Call it every `SAMPLE_PERIOD_S`. @returns what was found when the loop is overloaded */
  sample(now: number, inFlight: number): Overload | null {
    this.#at.push(now);
    this.#inFlight.push(inFlight);
    const elapsed = now - this.#began;
    if (elapsed < this.#nextLook) return null;
    this.#nextLook = elapsed * NEXT_LOOK;
    const growth = this.#growth(now);
    if (growth === null) return null;
    const found = this.#matters(growth) && this.#takesLong() && this.#waitsRise();
    this.#found = found ? this.#found + 1 : 0;
    const over = this.#found >= LOOKS || this.#isRunaway(elapsed, inFlight, growth);
    return over ? this.report(now, inFlight, 'growing', growth.slope) : null;
  }

  /** What is known at a time, whatever made the loop count as overloaded. */
  report(now: number, inFlight: number, cause: Overload['cause'], slope?: number): Overload {
    const half = this.#halfOf(now);
    const served = this.#ended.length - firstAtOrAfter(this.#ended, half);
    return {
      cause,
      in_flight: inFlight,
      growth_per_s: slope ?? this.#growth(now)?.slope ?? 0,
      served_per_s: now > half ? served / (now - half) : 0,
      after_s: now - this.#began,
    };
  }

  #halfOf(now: number): number {
    return (this.#began + now) / 2;
  }

  #growth(now: number): Growth | null {
    const from = firstAtOrAfter(this.#at, this.#halfOf(now));
    const width = (this.#at.length - from) / SLICES;
    if (width < 1) return null;
    const slices = (values: readonly number[]): number[] =>
      Array.from({ length: SLICES }, (_, k) =>
        mean(values.slice(from + Math.floor(k * width), from + Math.floor((k + 1) * width))),
      );
    return slopeTest(slices(this.#at), slices(this.#inFlight));
  }

  #matters({ slope, pValue }: Growth): boolean {
    return pValue < P_VALUE && slope >= GROWTH_SHARE * this.#rate;
  }

  #takesLong(): boolean {
    const [stay, wait] = [this.#stays.mean(), this.#waits.mean()];
    if (stay === null || wait === null) return false;
    return stay >= TIMES_ALONE * this.#alone.residence || wait >= TIMES_ALONE * this.#alone.ttft;
  }

  /** TTFT over the time of sending, of the later half of what has completed. */
  #waitsRise(): boolean {
    const from = Math.floor(this.#sent.length / 2);
    if (this.#sent.length - from < FEWEST_COMPLETED) return false;
    const test = slopeTest(this.#sent.slice(from), this.#ttft.slice(from));
    return test !== null && test.slope > 0 && test.pValue < P_VALUE;
  }

  #isRunaway(elapsed: number, inFlight: number, growth: Growth): boolean {
    const held = TIMES_ALONE * this.#alone.residence;
    return (
      elapsed >= held &&
      inFlight >= Math.max(RUNAWAY_IN_FLIGHT, this.#rate * held) &&
      growth.pValue < P_VALUE &&
      growth.slope >= RUNAWAY_SHARE * this.#rate
    );
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function firstAtOrAfter(times: readonly number[], from: number): number {
  let index = times.length;
  while (index > 0 && times[index - 1]! >= from) index -= 1;
  return index;
}
