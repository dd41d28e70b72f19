import { countedQuantiles } from '../stats/counted-quantile.ts';
import { poissonQuantile } from '../stats/poisson.ts';
import { firstQueue } from './burst-start.ts';
import type { Loop } from './closed-form.ts';
import type { Meeting } from './meeting.ts';
import type { ServingEdges } from './serving.ts';
import { gapsOfMix } from './step-mix.ts';
import type { BurstStart } from './tails.ts';

/** Requests of which each of some TTFTs is as likely as the next, s. */
export interface TtftPart {
  readonly share: number;
  readonly values: readonly number[];
}

/** Points by which a distribution is told. */
const POINTS = 24;
export const PLACES: readonly number[] = Array.from({ length: POINTS }, (_, i) => (i + 0.5) / POINTS);

/** What one whole prompt adds to the steps that it is in, s. */
export const promptSecondsOf = ({ met, meanStep, pureStep }: Meeting): number =>
  met > 0 ? (meanStep - pureStep) / met : 0;

/**
 * TTFTs of a steady loop. Prompts ahead come at random, and the wait for the step in progress is anything up to twice its mean.
 * @param mean what they are known to be on average, s
 */
export function steadyTtft(mean: number, meeting: Meeting): TtftPart[] {
  const { seconds } = meeting.back;
  return [
    {
      share: 1,
      values: queued(
        mean,
        meeting,
        PLACES.map((place) => 2 * place * seconds),
      ),
    },
  ];
}

export interface BurstRounds {
  readonly loop: Loop;
  /** Of the requests after the first queue, and their mean TTFT, s. */
  readonly later: Meeting;
  readonly laterSeconds: number;
  readonly edges: ServingEdges;
  readonly start: BurstStart;
  /** Whether the fit holds what the start adds, because it was made to means over all requests. */
  readonly startIsKnown: boolean;
}

/**
 * TTFTs of a burst: its first requests stand in one queue, and every later one misses the step that begins when its stream's last
 * request is done, which holds prompts or not.
 */
export function burstTtft({
  loop,
  later,
  laterSeconds,
  edges,
  start,
  startIsKnown,
}: BurstRounds): TtftPart[] {
  const rounds = loop.burst!.rounds;
  const share = 1 / rounds;
  const shared = loop.streams > 1 ? edges.ttft_wait_steps * later.decodeStep : 0;
  const way = loop.requestOverhead + shared;
  const first = firstQueue(loop, PLACES);
  const added = first.map((each) => start.stall_s + (start.queue_ratio - 1) * each);
  const known = startIsKnown ? share * (added.reduce((sum, each) => sum + each, 0) / POINTS) : 0;
  // As in the scheduler's tails: what the start takes, a fit to means has given to all requests.
  const taken = way - Math.max(Math.min(0, way), way - known);
  const parts = [{ share, values: first.map((each, i) => way + each + added[i]! - taken) }];
  if (rounds === 1) return parts;
  const values = queued(laterSeconds, later, missedSteps(later)).map((each) => each - taken);
  return [...parts, { share: 1 - share, values }];
}

/** Waits for the step in progress, as long as steps are. */
function missedSteps(meeting: Meeting): number[] {
  const { met, size, pureStep, meanStep, back } = meeting;
  if (back.seconds === 0) return [0];
  const gaps = gapsOfMix({
    pureSeconds: pureStep,
    promptSeconds: promptSecondsOf(meeting),
    promptsPerStep: met,
    size,
  });
  const values = gaps.plain.map((seconds, i) => seconds + gaps.prompts[i]!);
  const steps = countedQuantiles({ values, counts: gaps.counts }, PLACES);
  return steps.map((seconds) => (seconds * back.seconds) / meanStep);
}

/** @param waits for the step in progress */
function queued(mean: number, meeting: Meeting, waits: readonly number[]): number[] {
  const promptSeconds = promptSecondsOf(meeting);
  const ahead = promptSeconds > 0 ? meeting.queue / promptSeconds : 0;
  const rest = mean - ahead * promptSeconds - meeting.back.seconds;
  const queue = PLACES.map((place) => promptSeconds * poissonQuantile(ahead, place));
  const spare = ahead * promptSeconds - queue.reduce((sum, each) => sum + each / POINTS, 0);
  return queue.flatMap((wait) => waits.map((own) => Math.max(0, rest + spare + wait + own)));
}
