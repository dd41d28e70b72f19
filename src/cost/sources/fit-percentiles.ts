import { type TailModel, tailEngine } from '../../fit/tails/tail-model.ts';
import type { Fit } from '../../fitfile/schema.ts';
import type { EngineSettings } from '../../roofline/serving.ts';
import { stepRulesOf } from '../../roofline/step-rules.ts';
import type { KnownPercentiles } from '../phase-source.ts';
import type { RooflineDevice } from './roofline.ts';

/** Steps as a fit's percentiles show them; absent where no cell measured any. */
export const slowStepsOf = (
  tails: TailModel | null | undefined,
  settings: EngineSettings,
): RooflineDevice['slow'] =>
  tails ? { traits: tails.traits, ...stepRulesOf(tailEngine(tails, settings)) } : undefined;

/**
 * How well a fit knows percentiles in closed form, as `ridge predict --closed-form` tells it.
 * @param factors doublings by which the workload lies outside what was measured
 * @param draw a source at one draw of the fit's parameters
 */
export function percentilesOf(
  { range }: Fit,
  tails: TailModel | null | undefined,
  factors: number,
  draw: KnownPercentiles['draw'],
): KnownPercentiles | undefined {
  if (!tails) return undefined;
  const [, most] = range.concurrency;
  return {
    missOf: (key) => tails.closed_form_misses?.find((one) => one.key === key)?.log_half_width_90 ?? null,
    widths: (batch) => 1 + factors + Math.max(0, Math.log2(batch / most)),
    draw,
  };
}
