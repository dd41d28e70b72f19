import type { EngineSettings } from './serving.ts';

/**
 * Requests that the KV cache holds at a time, on average: they come with their prompt, or with all that they may come to. What
 * they share counts once.
 */
export function seatsInKv(
  { kvCapacityTokens, admission, speculation }: EngineSettings,
  inputTokens: number,
  outputTokens: number,
  shared: number,
): number {
  const capacity = kvCapacityTokens - shared;
  // Proposed tokens have slots of their own.
  const own = inputTokens - shared + (speculation?.draftTokens ?? 0);
  // Half a request's reservation is too small for the next one.
  if (admission === 'reserved') return capacity / (own + outputTokens) - 0.5;
  return capacity / (own + outputTokens / 2);
}
