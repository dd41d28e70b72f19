import type { RunObservations } from '../fit/from-runs.ts';

/** `h100-sxm meta-llama/Llama-3.1-70B fp8 vllm 0.14.0`: what a fit is of. */
export const fitId = ({
  accelerator,
  card,
  engine,
}: Pick<RunObservations, 'accelerator' | 'card' | 'engine'>): string =>
  [accelerator.id, card.id, card.precision, engine.name, engine.version ?? 'unknown'].join(' ');
