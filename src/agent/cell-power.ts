import type { StoppedBy } from '../load/cell.ts';
import { reason } from '../measure/judge/case.ts';
import type { Reason } from '../measure/reasons.ts';
import { cellEnergy, type Produced } from '../power/cell-energy.ts';
import { judgeEnergy } from '../power/judge-energy.ts';
import { pairEnergy } from '../power/pair-energy.ts';
import { type PowerWatch, windowOf } from '../power/power-watch.ts';
import type { PowerSample } from '../power/sample.ts';
import type { Energy } from '../run/energy-schema.ts';

/** What was read of power around a cell's window. */
export interface CellPower {
  readonly energy: Energy;
  /** Findings that concern the cell's timings, too. */
  readonly reasons: readonly Reason[];
  /** The raw readings. */
  readonly samples: readonly PowerSample[];
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

/** The power sources of a target. */
export interface PowerSources {
  readonly own: PowerWatch | null;
  /** Of the server that computes the prompts of a pair. */
  readonly prefill: PowerWatch | null;
  /** Of all its devices together, W; null: not measured. */
  readonly prefillIdle_w: number | null;
}

export const NO_POWER: PowerSources = { own: null, prefill: null, prefillIdle_w: null };

/**
 * Energy of a cell of a pair: both servers over the same window. The raw readings name the prefill server's devices
 * `prefill:`.
 */
export async function pairPower(
  { own, prefill, prefillIdle_w }: PowerSources & { readonly own: PowerWatch },
  span: PoweredSpan,
): Promise<CellPower> {
  const { produced, window } = span;
  const { outputTokens } = produced;
  const [inputTokens, requests] = [produced.inputTokens ?? 0, produced.requests ?? 0];
  const only = (tokens: number): Produced => ({ outputTokens: tokens, inputTokens: null, requests: null });
  const [decode, other] = await Promise.all([
    cellPower(own, { ...span, produced: only(outputTokens) }),
    prefill &&
      cellPower(prefill, { ...span, produced: only(inputTokens), idlePower_w: prefillIdle_w }, 'prefill:'),
  ]);
  const seconds = window === null ? 0 : window.closed_s - window.opened_s;
  return {
    energy: pairEnergy(
      other && { energy: other.energy, tokens: inputTokens },
      { energy: decode.energy, tokens: outputTokens },
      { outputTokens, inputTokens, requests, seconds },
    ),
    reasons: [...decode.reasons, ...(other?.reasons ?? [])],
    samples: [...(other?.samples ?? []), ...decode.samples],
  };
}

/** Energy over exactly the steady window, judged. Waits for the readings that bracket it. */
export async function cellPower(watch: PowerWatch, span: PoweredSpan, prefix = ''): Promise<CellPower> {
  const { origin, produced, idlePower_w, stoppedBy } = span;
  const window = windowOf(span.window, origin);
  const { samples, ...readings } = await watch.until(window?.to_s ?? 0);
  const { facts, expected } = watch;
  const tokens = produced.outputTokens;
  const cut = CUT[stoppedBy];
  const judged = judgeEnergy({ facts, samples, ...readings, window, expected, tokens, cut });
  return {
    energy: cellEnergy(facts, judged, window, produced, idlePower_w),
    reasons: judged.reasons.flatMap(({ code, message }) =>
      code === 'throttled'
        ? [reason(code, 'flagged', 'exclude', message)]
        : code === 'power_capped'
          ? [reason(code, 'note', 'use', message)]
          : [],
    ),
    samples: prefix === '' ? samples : samples.map((one) => ({ ...one, device: `${prefix}${one.device}` })),
  };
}
