import { settingsFor } from '../../fitfile/apply.ts';
import { powerParametersOf } from '../../fitfile/power-schema.ts';
import type { Fit } from '../../fitfile/schema.ts';
import { stepPower } from '../../roofline/power.ts';
import type { Speculation } from '../../roofline/speculation.ts';
import type { StepRules } from '../../roofline/step-rules.ts';
import { type StepTraffic, TrafficCounter } from '../../roofline/step-traffic.ts';
import { AttentionWork, type StepLoad, stepWork } from '../../roofline/step-work.ts';
import type { PhasePower, PhaseSource } from '../phase-source.ts';
import { cachedOf, type Served } from '../workload.ts';
import { chunksOf } from './roofline.ts';

/**
 * Watts of one device in each phase by the fit's own power model: what a batch of prompts, or a decode step, computes and moves
 * in the time that it takes. Undefined where the fit holds no power.
 * @param fit with what proposes tokens, where anything does
 */
export function fittedPower(
  fit: Fit,
  source: Pick<PhaseSource, 'tp_sizes' | keyof StepRules | 'prefillSeconds' | 'decodeSeconds'>,
  served: Served = {},
): PhasePower | undefined {
  const { power, model_card: card } = fit;
  if (!power) return undefined;
  const { padding } = settingsFor(fit, fit.range.tensor_parallel[0]!);
  const parameters = powerParametersOf(power);
  const counting = (speculation: Speculation | undefined) => {
    const attention = new AttentionWork(card, speculation, padding);
    const counters = new Map(source.tp_sizes.map((tp) => [tp, new TrafficCounter(card, tp, speculation)]));
    return (tp: number, load: StepLoad): StepTraffic => counters.get(tp)!.count(stepWork(attention, load));
  };
  const [countPrompts, countDecodes] = [counting(undefined), counting(served.speculation)];
  const watts = (traffic: StepTraffic, seconds: number): number =>
    stepPower(parameters, traffic, seconds, power.limit_w);
  return {
    idle_w: parameters.idle_power_w,
    prefillWatts: (tp, batch, input) =>
      watts(
        chunksOf(input, batch, source, cachedOf(served, input))
          .map(({ prompts, tokens, context, ends, times }) => {
            const chunk = { tokens, context, completes: ends };
            const prefills = Array.from({ length: prompts }, () => chunk);
            return times === 0
              ? NOTHING
              : scaled(countPrompts(tp, { prefills, decodes: 0, decodeContext: 0 }), times);
          })
          .reduce(added, NOTHING),
        source.prefillSeconds(tp, batch, input),
      ),
    decodeWatts: (tp, batch, context) =>
      watts(
        countDecodes(tp, { prefills: [], decodes: batch, decodeContext: context }),
        source.decodeSeconds(tp, batch, context),
      ),
  };
}

const NOTHING: StepTraffic = { flop: 0, bytes: 0, linkBytes: 0 };
const scaled = (one: StepTraffic, times: number): StepTraffic => ({
  flop: times * one.flop,
  bytes: times * one.bytes,
  linkBytes: times * one.linkBytes,
});
const added = (one: StepTraffic, other: StepTraffic): StepTraffic => ({
  flop: one.flop + other.flop,
  bytes: one.bytes + other.bytes,
  linkBytes: one.linkBytes + other.linkBytes,
});
