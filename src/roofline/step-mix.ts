import type { StepGaps } from './gap-tail.ts';

/** Which steps a decoding stream is in. */
export interface StepMix {
  /** Seconds of a step without prompts. */
  readonly pureSeconds: number;
  /** Seconds that one whole prompt adds. */
  readonly promptSeconds: number;
  /** Prompts that begin in a step on average; they come at random. */
  readonly promptsPerStep: number;
  /** Steps that a prompt fills: its tokens over those that a step takes. */
  readonly size: number;
}

/**
 * A stream's gaps in closed form: a step without prompts most of the time, and now and then one with some. Prompts that come
 * together share a step as far as its token budget goes; a prompt that is larger takes several steps.
 */
export function gapsOfMix(mix: StepMix): StepGaps {
  const parts = mix.size > 1 ? longPrompts(mix) : shortPrompts(mix);
  const mixed = parts.reduce((sum, { share }) => sum + share, 0);
  const scale = mixed > 1 ? 1 / mixed : 1;
  const all = [{ share: Math.max(0, 1 - mixed), seconds: 0 }, ...parts].filter(({ share }) => share > 0);
  return {
    plain: Float64Array.from(all, () => mix.pureSeconds),
    prompts: Float64Array.from(all, ({ seconds }) => seconds),
    // As many as make the rank of a percentile smooth.
    counts: Float64Array.from(all, ({ share }) => GAPS * share * scale),
  };
}

const GAPS = 1e6;

/** A kind of mixed steps: their share of all, and what prompts add. */
interface MixedSteps {
  readonly share: number;
  readonly seconds: number;
}

function longPrompts({ promptSeconds, promptsPerStep, size }: StepMix): MixedSteps[] {
  const whole = Math.floor(size);
  return [
    { share: promptsPerStep * whole, seconds: promptSeconds / size },
    { share: size > whole ? promptsPerStep : 0, seconds: (promptSeconds * (size - whole)) / size },
  ];
}

function shortPrompts({ promptSeconds, promptsPerStep, size }: StepMix): MixedSteps[] {
  const most = Math.max(1, Math.floor(1 / size));
  const parts: MixedSteps[] = [];
  let chance = Math.exp(-promptsPerStep);
  let held = 0;
  for (let n = 1; n < most && chance > 1e-15; n += 1) {
    chance *= promptsPerStep / n;
    held += n * chance;
    parts.push({ share: chance, seconds: n * promptSeconds });
  }
  // What does not fit a full step fills others.
  parts.push({ share: Math.max(0, promptsPerStep - held) / most, seconds: most * promptSeconds });
  return parts;
}
