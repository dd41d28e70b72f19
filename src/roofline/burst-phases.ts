import type { Loop } from './closed-form.ts';
import { stepWork } from './step-work.ts';
import { PLACES } from './ttft-parts.ts';

/** A part of a burst by how far its streams have spread from one another. */
export interface BurstPhase {
  /** Of all steps. */
  readonly share: number;
  /** Share of its steps in which prompts come. */
  readonly crowded: number;
  /** A decode step over the mean one, equally likely: of streams that are together contexts are short, then long. */
  readonly steps: readonly number[];
}

const SPREAD: BurstPhase = { share: 1, crowded: 1, steps: [1] };
/** Rounds that are looked at, evenly spread. */
const LOOKED_AT = 3;

/**
 * Streams that start at once leave the first queue spaced by a prompt's size, and the jitter of their lengths spreads them
 * further, round by round; in a steady loop they are spread.
 * @param size steps that a prompt fills
 */
export function burstPhases(loop: Loop, size: number): BurstPhase[] {
  const { burst, streams, decodeSteps, inputTokens, outputTokens } = loop;
  if (burst === null) return [SPREAD];
  const middle = secondsAt(loop, inputTokens + outputTokens / 2);
  return Array.from({ length: LOOKED_AT }, (_, look) => {
    const round = ((look + 0.5) * burst.rounds) / LOOKED_AT;
    const steps = Math.hypot(streams * size, burst.jitterSteps * Math.sqrt(round));
    const width = Math.min(1, steps / Math.max(1, decodeSteps));
    return {
      share: 1 / LOOKED_AT,
      crowded: width,
      steps: PLACES.map(
        (place) => secondsAt(loop, inputTokens + outputTokens * meanPhase(place, width)) / middle,
      ),
    };
  });
}

const secondsAt = ({ attention, pricer, streams }: Loop, decodeContext: number): number =>
  pricer.seconds(stepWork(attention, { prefills: [], decodes: streams, decodeContext }));

/** Mean share of their answers that streams have, spread over `width` of a cycle about `place`. */
function meanPhase(place: number, width: number): number {
  const shares = PLACES.map((each) => place + width * (each - 0.5));
  return shares.reduce((sum, share) => sum + (share - Math.floor(share)) / PLACES.length, 0);
}
