import { RidgeError } from '../errors.ts';
import type { StepLoad, StepTime } from '../roofline/step.ts';
import { createRandom, type Random } from './random.ts';

/** What real devices and servers do and the fitted model does not contain. */
export const EFFECTS = {
  kernel_steps: 'kernels chosen by size: a staircase of 5 to 15 % in batch size and prompt tokens',
  jitter: 'log-normal noise of 1.5 % on every step',
  stalls: 'a size seen for the first time stalls as for a compilation; rare hiccups',
  frontend: 'the request overhead varies by 20 % from request to request',
  coalesce: 'under load several tokens sometimes leave in one chunk (over sockets only)',
} as const;
export type EffectName = keyof typeof EFFECTS;
export const EFFECT_NAMES = Object.keys(EFFECTS) as readonly EffectName[];

/**
 * Reads `on`, `off` or names separated by commas.
 * @throws RidgeError (exit 2) that lists the names
 */
export function parseEffects(text: string): readonly EffectName[] {
  if (text === 'on') return EFFECT_NAMES;
  if (text === 'off') return [];
  return text.split(',').map((name) => {
    const found = EFFECT_NAMES.find((known) => known === name.trim());
    if (found) return found;
    throw new RidgeError(`unknown effect '${name.trim()}'`, {
      where: '--effects',
      mend: `Use on, off, or some of ${EFFECT_NAMES.join(',')}.`,
    });
  });
}

const JITTER_SD = 0.015;
const HICCUPS_PER_STEP = 1 / 5000;

/**
 * Seconds of a step with the given effects on top of the roofline's.
 * @param timeScale multiplies the lengths of stalls, which are absolute
 */
export function createStepEffects(
  names: readonly EffectName[],
  seed: number,
  timeScale = 1,
): (load: StepLoad, time: StepTime) => number {
  const kernelSteps = names.includes('kernel_steps');
  const jitter = names.includes('jitter') ? createRandom(seed, 1) : null;
  const stalls = names.includes('stalls') ? createStalls(createRandom(seed, 2), timeScale) : null;
  const levels = createLevels(seed);
  return (load, time) => {
    let seconds = time.total;
    if (kernelSteps) seconds += (time.linear + time.attention) * levels(load);
    // The correction keeps the mean of the log-normal factor at 1.
    if (jitter) seconds *= Math.exp(JITTER_SD * jitter.normal() - JITTER_SD ** 2 / 2);
    if (stalls) seconds += stalls(load);
    return seconds;
  };
}

/** Seconds between a request's arrival and the scheduler's queue: the request overhead, which the `frontend` effect varies. */
export function createArrivalDelay(
  names: readonly EffectName[],
  seed: number,
  requestOverheadSeconds: number,
): () => number {
  if (!names.includes('frontend')) return () => requestOverheadSeconds;
  const random = createRandom(seed, 3);
  const sd = 0.2;
  return () => requestOverheadSeconds * Math.exp(sd * random.normal() - sd ** 2 / 2);
}

const prefillTokens = (load: StepLoad): number => {
  let tokens = 0;
  for (const chunk of load.prefills) tokens += chunk.tokens;
  return tokens;
};

/** Relative height of the staircase: one level for every kernel size, drawn once from the seed. */
function createLevels(seed: number): (load: StepLoad) => number {
  const levels = new Map<number, number>();
  const level = (bucket: number): number => {
    let height = levels.get(bucket);
    if (height === undefined) {
      const random = createRandom(seed, 1000 + bucket);
      const sign = random.uniform() < 0.5 ? -1 : 1;
      height = sign * (0.05 + 0.1 * random.uniform());
      levels.set(bucket, height);
    }
    return height;
  };
  return (load) => {
    if (load.prefills.length === 0) return level(batchBucket(load.decodes));
    // Two kernel sizes for every doubling of the prompt tokens.
    return level(500 + Math.ceil(2 * Math.log2(prefillTokens(load) + load.decodes)));
  };
}

/** Sizes that engines capture graphs for: 1, 2, 4, then multiples of 8. */
const batchBucket = (decodes: number): number =>
  decodes <= 2 ? decodes : decodes <= 4 ? 4 : 8 * Math.ceil(decodes / 8);

/** Stalls of sizes seen for the first time, by powers of two, and rare hiccups. */
function createStalls(random: Random, timeScale: number): (load: StepLoad) => number {
  const seen = new Set<string>();
  const power = (size: number): number => Math.ceil(Math.log2(size + 1));
  return (load) => {
    const shape = load.prefills.length === 0 ? `d${power(load.decodes)}` : `p${power(prefillTokens(load))}`;
    let seconds = 0;
    if (!seen.has(shape)) {
      seen.add(shape);
      seconds += 0.05 + 0.15 * random.uniform();
    }
    if (random.uniform() < HICCUPS_PER_STEP) seconds += 0.005 + 0.02 * random.uniform();
    return seconds * timeScale;
  };
}
