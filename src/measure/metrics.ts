import type { CellMetrics } from '../run/schema.ts';
import type { Objectives } from '../suite/schema.ts';
import type { TimeSpan } from './evidence.ts';
import { chunkGaps, singleTokenShare } from './gaps.ts';
import { countGood, judgeObjectives } from './goodput.ts';
import { e2e, outputTokens, tpot, tpotVllm, ttft, ttftVllm } from './latency.ts';
import { scheduledMetrics } from './scheduled.ts';
import { isCompleted } from './selection.ts';
import { defined, statisticMs } from './statistic.ts';
import type { RequestTimeline } from './timeline.ts';
import { meanTurnAround } from './turn-around.ts';
import { inputTokensDone, meanInFlight, tokensArrived, wholeRunTokensPerSecond } from './window-totals.ts';

/** A window that is cancelled as it opens has no rates: below this they would be noise, or infinite. */
const SHORTEST_WINDOW_S = 1e-3;

/**
 * Metrics of a cell over its steady window: latencies of the requests sent inside it, tokens that arrive inside it.
 * @param measured requests of the load sent inside the window, in the order of sending
 * @param open whether requests were due at times of their own: then latencies are also taken from those
 */
export function cellMetrics(
  timelines: readonly RequestTimeline[],
  measured: readonly RequestTimeline[],
  window: TimeSpan,
  objectives: Objectives | null,
  open = false,
): CellMetrics {
  const completed = measured.filter(isCompleted);
  const seconds = window.closed_s - window.opened_s;
  const perSecond = (count: number): number | null => (seconds > SHORTEST_WINDOW_S ? count / seconds : null);
  const turnAround = meanTurnAround(timelines, window);
  return {
    ttft_ms: statisticMs(defined(completed, ttft)),
    tpot_ms: statisticMs(defined(completed, tpot)),
    e2e_ms: statisticMs(defined(completed, e2e)),
    icl_ms: statisticMs(chunkGaps(completed)),
    single_token_chunks: singleTokenShare(completed),
    ttft_vllm_ms: statisticMs(defined(completed, ttftVllm)),
    tpot_vllm_ms: statisticMs(defined(completed, tpotVllm)),
    output_tokens_per_s: perSecond(tokensArrived(timelines, window)),
    input_tokens_per_s: perSecond(inputTokensDone(timelines, window)),
    requests_per_s: perSecond(measured.length),
    whole_run_output_tokens_per_s: wholeRunTokensPerSecond(timelines),
    mean_concurrency: seconds > SHORTEST_WINDOW_S ? meanInFlight(timelines, window) : null,
    mean_output_tokens:
      completed.length === 0
        ? null
        : completed.reduce((sum, request) => sum + outputTokens(request), 0) / completed.length,
    turn_around_ms: turnAround === null ? null : 1000 * turnAround,
    decode: null,
    disaggregated: null,
    goodput_requests_per_s: objectives === null ? null : perSecond(countGood(measured, objectives)),
    objectives: objectives === null ? [] : judgeObjectives(measured, objectives),
    ...(open && scheduledMetrics(timelines, measured, window, perSecond)),
  };
}

/** Whether gaps between chunks may be called ITL: nearly every chunk carries one token. */
export function claimsItl(
  metrics: Pick<CellMetrics, 'single_token_chunks'>,
  singleTokenShareAtLeast: number,
): boolean {
  return (metrics.single_token_chunks ?? 0) >= singleTokenShareAtLeast;
}
