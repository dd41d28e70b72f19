/** A closed loop by the clock of its steps. */
export interface StepLoop {
  /** Streams that hold a seat: a real number, at least 1. */
  readonly streams: number;
  /** Steps of a request after its first token. */
  readonly decodeSteps: number;
  /** Steps that pass while the next request is on its way to the engine. */
  readonly awaySteps: number;
  /** Steps that a prompt fills: its tokens over the tokens of prompts that a step takes. */
  readonly size: number;
  /** Steps whose finished requests come back together: 1 where they join the next step. */
  readonly bunching: number;
}

/** How the prompts of a loop share steps, seen by one request among the others. */
export interface PromptContention {
  /** Steps from joining a step to the first token. */
  readonly steps: number;
  /** Steps that the prompts ahead of a new one fill. */
  readonly ahead: number;
  /** What of its last step prompts behind it fill. */
  readonly behind: number;
  /** Chance that there are some behind it, where it leaves them anything. */
  readonly joined: number;
  /** Others that decode in a step. */
  readonly decodes: number;
  /** Others' prompts in a step of a request's decode, and the share of those steps that hold any. */
  readonly met: number;
  readonly mixed: number;
}

/** Most terms of a sum over a Poisson number. */
const MOST_TERMS = 1000;

/** Populations through which the recursion walks from its starting value. */
const POPULATIONS = 12;

/**
 * Prompts queue for the engine, and a step takes what its token budget allows. By mean-value analysis of a closed network: a
 * request finds what a loop of one stream fewer looks like. Ahead of its prompt are those that come with it and the
 * unfinished work of earlier ones, which is by Little's law their rate times what each leaves unfinished, summed over steps.
 */
export function promptContention(loop: StepLoop): PromptContention {
  const { streams, decodeSteps, awaySteps, size, bunching } = loop;
  const otherSteps = decodeSteps + awaySteps;
  const walked = Math.min(POPULATIONS, Math.floor(streams) - 1);
  let others = streams - walked - 1;
  const together = bunching * Math.min((streams - 1) / (otherSteps + Math.ceil(size)), 1 / size);
  const batch = batchOf(size, together);
  const stay = size + batch.ahead + batch.rounding;
  // Where one stream more changes nothing: work·(otherSteps + stay + work) = others·(left + size·delayed·work).
  const slack = otherSteps + stay - others * size * batch.delayed;
  let work = (Math.sqrt(slack * slack + 4 * others * batch.left) - slack) / 2;
  for (let walk = 0; walk < walked; walk += 1) {
    others += 1;
    const rate = others / (otherSteps + stay + work);
    // No more prompts come through than fill every step.
    work = Math.max(
      rate * (batch.left + size * batch.delayed * work),
      others * size - otherSteps - batch.ahead - batch.rounding,
    );
  }
  const ahead = batch.ahead + work;
  const steps = stay + work;
  const arrivals = (streams - 1) / (otherSteps + steps);
  const behind = filled(batch.rounding, size, arrivals * (steps - 1 + bunching / 2));
  // The others' prompts that are neither beside a request's own nor on its way back are in its decode.
  const elsewhere = (ahead + behind) / size + arrivals * awaySteps;
  const met = decodeSteps > 0 ? Math.max(0, streams - 1 - elsewhere) / decodeSteps : 0;
  return {
    steps,
    ahead,
    behind,
    joined: batch.rounding > 0 ? behind / batch.rounding : 0,
    decodes: arrivals * decodeSteps,
    met,
    mixed: mixedShare(size, met, behind, bunching),
  };
}

/** Share of steps that hold prompts, where `met` come in a step. */
export function mixedShare(size: number, met: number, behind: number, bunching: number): number {
  const whole = Math.ceil(size);
  if (whole > 1) return Math.min(1, met * (whole - behind));
  return Math.min(1, Math.max(met * size, (1 - Math.exp(-met * bunching)) / bunching));
}

/** Prompts that come together, by a prompt's place among them, as if nothing were left of earlier ones. */
interface Batch {
  /** Steps that those ahead of a prompt fill. */
  readonly ahead: number;
  /** What its last step has left beside it and those ahead. */
  readonly rounding: number;
  /** What it leaves unfinished, summed over steps' ends. */
  readonly left: number;
  /** Chance that work left of earlier prompts delays it. */
  readonly delayed: number;
}

/** @param mean prompts that come together, Poisson */
function batchOf(size: number, mean: number): Batch {
  let [ahead, rounding, left, delayed] = [0, 0, 0, 0];
  let chance = Math.exp(-mean);
  let more = -Math.expm1(-mean);
  // A prompt has n ahead of it with the chance that more than n others come, over their mean number.
  for (let n = 0; n < MOST_TERMS && (n === 0 || more > 1e-12); n += 1) {
    const place = mean > 0 ? more / mean : 1;
    const before = n * size;
    const end = before + size;
    ahead += place * before;
    rounding += place * (Math.ceil(end) - end);
    left += place * unfinished(before, end, size);
    if (end > 1) delayed += place;
    chance *= mean / (n + 1);
    more -= chance;
  }
  return { ahead, rounding, left, delayed };
}

/** What a prompt of `size` with so much work before it leaves unfinished, summed over steps' ends. */
function unfinished(before: number, end: number, size: number): number {
  const untouched = Math.floor(before);
  const cut = Math.ceil(end) - 1 - untouched;
  // In the steps that work on it, what is left goes down by one a step.
  return untouched * size + cut * (end - untouched) - (cut * (cut + 1)) / 2;
}

/** What of a gap is filled by prompts of `size`, whose number is Poisson: E min(gap, size·n). */
function filled(gap: number, size: number, mean: number): number {
  let chance = Math.exp(-mean);
  let empty = 0;
  for (let n = 0; n < MOST_TERMS && n * size < gap && (chance > 1e-12 || n < mean); n += 1) {
    empty += (gap - n * size) * chance;
    chance *= mean / (n + 1);
  }
  return gap - empty;
}
