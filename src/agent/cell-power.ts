import { reason } from '../measure/judge/case.ts';
import type { Reason } from '../measure/reasons.ts';
import { cellEnergy, type Produced } from '../power/cell-energy.ts';
import { judgeEnergy } from '../power/judge-energy.ts';
import { type PowerWatch, windowOf } from '../power/power-watch.ts';
import { encodeSamples } from '../power/samples-codec.ts';
import type { Energy } from '../run/energy-schema.ts';
import type { CellMetrics } from '../run/schema.ts';
import type { CellTask } from './protocol.ts';

/** What was read of power around a cell's window. */
export interface CellPower {
  readonly energy: Energy;
  /** Findings that concern the cell's timings, too. */
  readonly reasons: readonly Reason[];
  /** JSON of the raw readings. */
  readonly text: string;
}

/**
 * Energy over exactly the steady window, judged. Waits for the readings that bracket it.
 * @param origin of the window's seconds on the power clock
 */
export async function cellPower(
  watch: PowerWatch,
  window: { opened_s: number; closed_s: number } | null,
  origin: number,
  metrics: CellMetrics | null,
  idlePower_w: number | null,
  kind: CellTask['kind'] = 'load',
): Promise<CellPower> {
  const interval = windowOf(window, origin);
  const { samples, rowsSkipped, failed } = await watch.until(interval?.to_s ?? 0);
  const { facts, expected } = watch;
  const produced = producedIn(metrics, kind, interval === null ? 0 : interval.to_s - interval.from_s);
  const tokens = produced.outputTokens;
  const judged = judgeEnergy({ facts, samples, window: interval, expected, rowsSkipped, failed, tokens });
  return {
    energy: cellEnergy(facts, judged, interval, produced, idlePower_w),
    reasons: judged.reasons.flatMap(({ code, message }) =>
      code === 'throttled'
        ? [reason(code, 'flagged', 'exclude', message)]
        : code === 'power_capped'
          ? [reason(code, 'note', 'use', message)]
          : [],
    ),
    text: JSON.stringify(encodeSamples(samples, origin)),
  };
}

/** Of a pair, the devices that are read are those of the server that answers: the prompts are another one's work. */
const producedIn = (metrics: CellMetrics | null, kind: CellTask['kind'], seconds: number): Produced => ({
  outputTokens: (metrics?.output_tokens_per_s ?? 0) * seconds,
  inputTokens: kind === 'disaggregated' ? null : (metrics?.input_tokens_per_s ?? 0) * seconds,
  requests: kind === 'disaggregated' ? null : (metrics?.requests_per_s ?? 0) * seconds,
});
