import type { EngineSteps } from './step-columns.ts';

/** Whole numbers, one a step or a prompt; one number alone where all are equal. */
export type Column = number | readonly number[];

/**
 * Engine steps as they are sent and stored: whole microseconds, and of what changes little from step to step the
 * difference to what is expected, so that most numbers are 0.
 */
export interface StepColumns {
  readonly count: number;
  /** The first end, then the time from each to the next. */
  readonly end_steps_us: Column;
  readonly bounds_us: Column;
  /** Steps after an idle engine, each less the one before, and how long before its end each can have begun. */
  readonly idle_steps: readonly number[];
  readonly idle_lengths_us: readonly number[];
  readonly decodes: Column;
  /** Context less that of the step before with its decodes one token longer. */
  readonly context_changes: Column;
  /** Tokens beyond one a sequence. */
  readonly extra_tokens: Column;
  readonly open_prompt_changes: Column;
  readonly open_prompt_token_changes: Column;
  /** Of completed prompts the step, each less the one before. */
  readonly prompt_steps: readonly number[];
  readonly prompt_tokens: Column;
  readonly prompt_cached_tokens: Column;
  /** From the sending of a prompt to the end of the step that completed it. */
  readonly prompt_waits_us: Column;
}

const US_PER_S = 1e6;
const toUs = (seconds: number): number => Math.round(seconds * US_PER_S);
const toS = (us: number): number => us / US_PER_S;

/** Packs steps. Times are rounded to the microsecond; everything else is kept as it is. */
export function encodeSteps(steps: EngineSteps): StepColumns {
  const ends = steps.end_s.map(toUs);
  const idle = indexes(steps.after_idle);
  const { prompts } = steps;
  const completed = promptsByStep(prompts, ends.length);
  return {
    count: ends.length,
    end_steps_us: pack(differences(ends)),
    bounds_us: pack(steps.bound_s.map(toUs)),
    idle_steps: differences(idle),
    idle_lengths_us: idle.map((step) => ends[step]! - toUs(steps.begin_s[step]!)),
    decodes: pack(steps.decodes),
    context_changes: pack(
      steps.context_tokens.map(
        (context, step) => context - (steps.context_tokens[step - 1] ?? 0) - (steps.decodes[step - 1] ?? 0),
      ),
    ),
    extra_tokens: pack(steps.tokens.map((tokens, step) => tokens - steps.decodes[step]! - completed[step]!)),
    open_prompt_changes: pack(differences(steps.open_prompts)),
    open_prompt_token_changes: pack(differences(steps.open_prompt_tokens)),
    prompt_steps: differences(prompts.map(({ step }) => step)),
    prompt_tokens: pack(prompts.map(({ tokens }) => tokens)),
    prompt_cached_tokens: pack(prompts.map(({ cached_tokens }) => cached_tokens)),
    prompt_waits_us: pack(prompts.map(({ step, sent_s }) => ends[step]! - toUs(sent_s))),
  };
}

/** Unpacks steps; packing them again gives the same columns. */
export function decodeSteps(columns: StepColumns): EngineSteps {
  const { count } = columns;
  const ends = sums(unpack(columns.end_steps_us, count));
  const decodes = unpack(columns.decodes, count);
  const promptSteps = sums(columns.prompt_steps);
  const ofPrompts = (column: Column): readonly number[] => unpack(column, promptSteps.length);
  const tokens = ofPrompts(columns.prompt_tokens);
  const cached = ofPrompts(columns.prompt_cached_tokens);
  const waits = ofPrompts(columns.prompt_waits_us);
  const prompts = promptSteps.map((step, i) => ({
    step,
    tokens: tokens[i]!,
    cached_tokens: cached[i]!,
    sent_s: toS(ends[step]! - waits[i]!),
  }));
  const completed = promptsByStep(prompts, count);
  const idle = new Map(sums(columns.idle_steps).map((step, i) => [step, columns.idle_lengths_us[i]!]));
  const begins = ends.map((end, step) => {
    const length = idle.get(step);
    return length === undefined ? (ends[step - 1] ?? end) : end - length;
  });
  return {
    end_s: ends.map(toS),
    bound_s: unpack(columns.bounds_us, count).map(toS),
    begin_s: begins.map(toS),
    after_idle: ends.map((_, step) => idle.has(step)),
    decodes,
    context_tokens: contexts(unpack(columns.context_changes, count), decodes),
    tokens: unpack(columns.extra_tokens, count).map(
      (extra, step) => extra + decodes[step]! + completed[step]!,
    ),
    open_prompts: sums(unpack(columns.open_prompt_changes, count)),
    open_prompt_tokens: sums(unpack(columns.open_prompt_token_changes, count)),
    prompts,
  };
}

function contexts(changes: readonly number[], decodes: readonly number[]): number[] {
  let context = 0;
  return changes.map((change, step) => {
    context += change + (decodes[step - 1] ?? 0);
    return context;
  });
}

function promptsByStep(prompts: readonly { readonly step: number }[], count: number): number[] {
  const completed = new Array<number>(count).fill(0);
  for (const { step } of prompts) completed[step]! += 1;
  return completed;
}

const indexes = (flags: readonly boolean[]): number[] =>
  flags.flatMap((flag, index) => (flag ? [index] : []));

const differences = (values: readonly number[]): number[] =>
  values.map((value, index) => value - (values[index - 1] ?? 0));

function sums(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => {
    sum += value;
    return sum;
  });
}

const pack = (values: readonly number[]): Column =>
  values.length > 0 && values.every((value) => value === values[0]) ? values[0]! : values;

const unpack = (column: Column, count: number): readonly number[] =>
  typeof column === 'number' ? new Array<number>(count).fill(column) : column;
