import { NO_START, type TailTraits } from '../../roofline/tails.ts';
import { median } from '../../stats/sorted.ts';
import { partsOf } from './tail-keys.ts';
import type { LearntStart } from './tail-model.ts';
import type { TailCell } from './tail-runs.ts';

/** The slowest percent of a burst is its first queue's end. */
const KEY = 'ttft_p99_ms';
const FEWEST_CELLS = 3;
const RATIOS = Array.from({ length: 45 }, (_, i) => Math.exp(-1.4 + 0.05 * i));
const PRIOR = 0.02;
const PRIOR_LOG_SD = 0.5;

interface Queue {
  readonly input_tokens: number;
  readonly predicted: number;
  readonly measured: number;
  /** Seconds by which a stall of one second, and a ratio of 2, move the mean that the prediction keeps to. */
  readonly ofStall: number;
  readonly ofRatio: number;
}

/** A second of a stall moves the slowest by less where the mean is kept. */
const reach = ({ ofStall }: Queue): number => 1 - ofStall;
/** Slowest TTFT without a stall. */
const unstalled = ({ predicted, ofRatio }: Queue, ratio: number): number =>
  ratio * predicted - (ratio - 1) * ofRatio;

/**
 * How the bursts among cells began: slowest TTFT = a stall + a multiple of what the roofline says. Null where fewer than three
 * cells tell.
 */
export function learnStart(cells: readonly TailCell[], traits: TailTraits): LearntStart | null {
  const { metric, quantile } = partsOf(KEY);
  const queues = cells.flatMap(({ observation, runs }): Queue[] => {
    const measured = observation.tails?.[KEY];
    if (measured === undefined || observation.driving?.kind !== 'burst') return [];
    const predicted = runs.tails(traits, NO_START)[metric]!.quantiles[quantile]!;
    return [
      {
        input_tokens: observation.input_tokens,
        predicted,
        measured,
        ofStall: runs.startShare({ stall_s: 1, queue_ratio: 1 }),
        ofRatio: runs.startShare({ stall_s: 0, queue_ratio: 2 }),
      },
    ];
  });
  if (queues.length < FEWEST_CELLS) return null;
  const tried = RATIOS.map((ratio) => startAt(queues, ratio));
  return tried.reduce((best, one) => (one.loss < best.loss ? one : best)).start;
}

function startAt(queues: readonly Queue[], ratio: number): { start: LearntStart; loss: number } {
  const stallOf = (group: readonly Queue[]): number =>
    Math.max(0, median(group.map((one) => (one.measured - unstalled(one, ratio)) / reach(one)))!);
  const stall_s = stallOf(queues);
  const groups = [...Map.groupBy(queues, ({ input_tokens }) => input_tokens)];
  const by_input = groups
    .filter(([, group]) => group.length >= FEWEST_CELLS)
    .map(([input_tokens, group]) => ({ input_tokens, stall_s: stallOf(group) }));
  const own = new Map(by_input.map((each) => [each.input_tokens, each.stall_s]));
  let loss = PRIOR * (Math.log(ratio) / PRIOR_LOG_SD) ** 2;
  for (const one of queues) {
    const expected = reach(one) * (own.get(one.input_tokens) ?? stall_s) + unstalled(one, ratio);
    loss += Math.abs(Math.log(expected / one.measured)) / queues.length;
  }
  return { start: { queue_ratio: ratio, stall_s, by_input }, loss };
}
