import type { StoppedBy } from '../load/cell.ts';
import { reason } from '../measure/judge/case.ts';
import type { Reason } from '../measure/reasons.ts';
import { cellEnergy, type Produced } from '../power/cell-energy.ts';
import { judgeEnergy } from '../power/judge-energy.ts';
import { type PowerWatch, windowOf } from '../power/power-watch.ts';
import { encodeSamples } from '../power/samples-codec.ts';
import type { Energy } from '../run/energy-schema.ts';

/** What was read of power around a cell's window. */
export interface CellPower {
  readonly energy: Energy;
  /** Findings that concern the cell's timings, too. */
  readonly reasons: readonly Reason[];
  /** JSON of the raw readings. */
  readonly text: string;
}

/** A cell's window and what came out of it. */
export interface PoweredSpan {
  readonly window: { readonly opened_s: number; readonly closed_s: number } | null;
  /** Of the window's seconds on the power clock. */
  readonly origin: number;
  readonly produced: Produced;
  /** Of all devices together, W; null: not measured. */
  readonly idlePower_w: number | null;
  readonly stoppedBy: StoppedBy;
}

/** What ends a window before it is as long as a power source needs. */
const CUT: Partial<Readonly<Record<StoppedBy, string>>> = {
  trace_ended: 'the trace ended',
  overloaded: 'the server was overloaded',
  failed: 'too many requests failed',
};

/** Energy over exactly the steady window, judged. Waits for the readings that bracket it. */
export async function cellPower(watch: PowerWatch, span: PoweredSpan): Promise<CellPower> {
  const { origin, produced, idlePower_w, stoppedBy } = span;
  const window = windowOf(span.window, origin);
  const { samples, rowsSkipped, failed } = await watch.until(window?.to_s ?? 0);
  const { facts, expected } = watch;
  const tokens = produced.outputTokens;
  const cut = CUT[stoppedBy];
  const judged = judgeEnergy({ facts, samples, window, expected, rowsSkipped, failed, tokens, cut });
  return {
    energy: cellEnergy(facts, judged, window, produced, idlePower_w),
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
