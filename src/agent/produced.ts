import { measuredRequests } from '../measure/selection.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import { inputTokensDone, tokensArrived } from '../measure/window-totals.ts';
import type { Produced } from '../power/cell-energy.ts';

/** What a window's energy was spent on, counted inside it: batches with a pause between them have no rate that tells it. */
export function producedIn(
  timelines: readonly RequestTimeline[],
  window: { readonly opened_s: number; readonly closed_s: number } | null,
): Produced {
  if (window === null) return { outputTokens: 0, inputTokens: 0, requests: 0 };
  return {
    outputTokens: tokensArrived(timelines, window),
    inputTokens: inputTokensDone(timelines, window),
    requests: measuredRequests(timelines, window).length,
  };
}
