import type { Driving } from './driving.ts';
import type { Padding } from './padding.ts';
import { KV_BLOCK_TOKENS } from './scheduler/kv-account.ts';
import type { Speculation } from './speculation.ts';

/** The engine's settings that decide how requests share steps. */
export interface EngineSettings {
  readonly tensorParallel: number;
  readonly maxNumBatchedTokens: number;
  /**
   * Of a server that is set up anew for each shape: a step takes its prompt, a token of every stream and so many more, whatever
   * `maxNumBatchedTokens` is. Absent: one budget serves all shapes.
   */
  readonly budgetMarginTokens?: number | undefined;
  readonly maxNumSeqs: number;
  /** Of a server that is set up anew for each shape, where seats are short: seats beside one for each stream; absent: see above. */
  readonly seatMargin?: number | undefined;
  /** Whether prompts are computed whole: one that the budget left in a step does not hold waits, the first of a step never. */
  readonly wholePrompts?: boolean | undefined;
  /**
   * Whether a step is planned when the one before it begins (TensorRT-LLM's overlap scheduler), so that a request joins the step
   * after the next; else it is planned when the one before it ends.
   */
  readonly plansAhead?: boolean | undefined;
  /** KV cache capacity in tokens. */
  readonly kvCapacityTokens: number;
  /** Default: on demand, as vLLM does. */
  readonly admission?: 'on_demand' | 'reserved' | undefined;
  /** Absent: every step gives a sequence one token. */
  readonly speculation?: Speculation | undefined;
  /** Absent: every step is computed at its own size. */
  readonly padding?: Padding | undefined;
}

/** A closed loop of `concurrency` streams, each sending its next request when the last one finished. */
export interface ClosedLoopShape {
  /** Nominal lengths: what a driving's jitter is a share of. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  /** Time between a finished request and the arrival of the next, s; null: it arrives before the next step starts. */
  readonly turnAroundSeconds: number | null;
  /** Tokens at the beginning of every prompt that are in the prefix cache, the same ones for all; default 0. */
  readonly cachedInputTokens?: number | undefined;
  /** Default: a steady loop of requests of exactly these lengths. */
  readonly driving?: Driving | undefined;
}

/** The settings that a shape is served with. */
export function servedWith(
  engine: EngineSettings,
  { inputTokens, concurrency }: Pick<ClosedLoopShape, 'inputTokens' | 'concurrency'>,
): EngineSettings {
  const { budgetMarginTokens: budget, seatMargin: seats, ...settings } = engine;
  if (budget === undefined && seats === undefined) return engine;
  return {
    ...settings,
    ...(budget !== undefined && { maxNumBatchedTokens: inputTokens + concurrency + budget }),
    ...(seats !== undefined && { maxNumSeqs: Math.max(1, concurrency + seats) }),
  };
}

/** Tokens of a prompt that the prefix cache gives: whole blocks, and at least one token is left to compute. */
export const cachedTokens = ({
  inputTokens,
  cachedInputTokens = 0,
}: Pick<ClosedLoopShape, 'inputTokens' | 'cachedInputTokens'>): number =>
  KV_BLOCK_TOKENS * Math.floor(Math.min(cachedInputTokens, inputTokens - 1) / KV_BLOCK_TOKENS);

/**
 * How a real server's requests meet its steps, in steps: what the step clock alone cannot know. Both count only where
 * requests share steps, are fitted beside the parameters and are 0 for an ideal server.
 */
export interface ServingEdges {
  /** Wait of a new request for the step in progress, added to TTFT. */
  readonly ttft_wait_steps: number;
  /** Steps that a request loses between its first token and its last. */
  readonly decode_wait_steps: number;
}

export const NO_EDGES: ServingEdges = { ttft_wait_steps: 0, decode_wait_steps: 0 };

/** Means (or medians, where the driving says so) of a closed loop. */
export interface ServingMeans {
  readonly ttftSeconds: number;
  /** Null when a request has a single output token. */
  readonly tpotSeconds: number | null;
  readonly e2eSeconds: number;
  readonly outputTokensPerSecond: number;
  /** Share of TTFT that is the wait for other prompts: the least certain part of the closed form; 0 from the scheduler. */
  readonly queueShare: number;
  /**
   * True where only the scheduler is accurate: near saturation by prompts, prompts that are long against decodes, a queue for
   * KV memory on demand, a client whose way back ends within a hair of a step's end, bursts whose requests stay in line.
   */
  readonly rough: boolean;
}
