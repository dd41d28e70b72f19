import type { StepsSummary } from '../../run/steps-schema.ts';
import { median } from '../../stats/sorted.ts';
import type { Thresholds } from '../../suite/thresholds.ts';
import type { CellEvidence, ServerEvidence } from '../evidence.ts';
import type { EngineSteps } from './step-columns.ts';

/**
 * What a cell's record says about its steps, and whether their number is the server's own: counted between the same two
 * scrapes, over the window where it was scraped, else over the whole cell.
 */
export function summariseSteps(
  steps: EngineSteps,
  { kind, server, serverWholeCell }: Pick<CellEvidence, 'kind' | 'server' | 'serverWholeCell'>,
  thresholds: Thresholds,
): StepsSummary {
  // Behind a disaggregated cell there are two engines, of which each counts its own steps.
  const counted = kind === 'disaggregated' ? [] : [server, serverWholeCell];
  const checked = counted.find((edge) => (edge?.delta.engine_steps ?? null) !== null) ?? null;
  const serverCount = checked?.delta.engine_steps ?? null;
  const seen = checked === null ? null : countBetween(steps, checked);
  const usual = median(pureDecodeSeconds(steps));
  return {
    count: steps.end_s.length,
    checked_count: seen,
    server_count: serverCount,
    resolved:
      seen === null || serverCount === null
        ? null
        : Math.abs(seen - serverCount) <= mostStepsOff(serverCount, thresholds),
    median_decode_step_ms: usual === null ? null : 1000 * usual,
  };
}

/** How far the count may be from the server's: a share, and a step at either scrape. */
export const mostStepsOff = (serverCount: number, thresholds: Thresholds): number =>
  Math.max(thresholds.steps_unresolved_share * serverCount, thresholds.steps_unresolved_edge_steps);

function countBetween({ end_s }: EngineSteps, { from_s, to_s }: ServerEvidence): number {
  return end_s.filter((end) => end > from_s && end <= to_s).length;
}

/** Times of the steps that only decode, with no prompt on its way, s. */
function pureDecodeSeconds(steps: EngineSteps): number[] {
  const mixed = new Set(steps.prompts.map(({ step }) => step));
  return steps.end_s.flatMap((end, step) =>
    steps.decodes[step]! > 0 && steps.open_prompts[step] === 0 && !mixed.has(step)
      ? [end - steps.begin_s[step]!]
      : [],
  );
}
