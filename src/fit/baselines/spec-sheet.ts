import type { ModelCard } from '../../model/card.ts';
import { PARAMETER_NAMES, type RooflineParameters } from '../../roofline/parameters.ts';
import { EFFICIENCY_NAMES, type EfficiencyName, specPeak } from '../../roofline/priors.ts';
import { LATENCY_METRICS, type Observation } from '../observations.ts';
import type { BaselineContext, BaselineForm } from './form.ts';

/** Shares of the spec sheet's peaks that a form takes for granted. */
interface Shares {
  readonly compute: number;
  readonly memory: number;
  readonly link: number;
}

/** Every peak reached, no overhead: a bound, not a model. */
export const SPEED_OF_LIGHT = fromSpecSheet('speed of light', 'spec sheet peaks, no overhead', {
  compute: 1,
  memory: 1,
  link: 1,
});

/** The efficiencies that capacity calculators assume for any device and model, no overhead. */
export const GENERIC_EFFICIENCIES = fromSpecSheet('generic efficiencies', 'MFU 0.45, MBU 0.8, no overhead', {
  compute: 0.45,
  memory: 0.8,
  link: 1,
});

function fromSpecSheet(name: string, form: string, shares: Shares): BaselineForm[] {
  return LATENCY_METRICS.map((metric) => ({
    name,
    form,
    metric,
    fitted_numbers_per_tp: 0,
    train: (_, context) => {
      const alone = parametersOf(context, shares, false);
      const parallel = parametersOf(context, shares, true);
      return {
        fitted_numbers: 0,
        predict: (observation: Observation) => {
          const parameters = observation.engine.tensorParallel > 1 ? parallel : alone;
          if (parameters === null) return null;
          const means = context.serve(parameters, observation);
          return metric === 'ttft' ? means.ttftSeconds : means.tpotSeconds;
        },
      };
    },
  }));
}

/** Null where a peak that counts is not published. */
function parametersOf(
  { accelerator, card }: BaselineContext,
  shares: Shares,
  parallel: boolean,
): RooflineParameters | null {
  const needed = EFFICIENCY_NAMES.filter((each) => counts(each, card, parallel));
  const values = needed.map((each) => [each, specPeak(each, accelerator, card)?.value] as const);
  if (values.some(([, peak]) => !peak)) return null;
  return {
    // An overhead of 0 is none; a rate of work that does not occur divides nothing.
    ...Object.fromEntries(PARAMETER_NAMES.map((each) => [each, 0])),
    ...Object.fromEntries(EFFICIENCY_NAMES.map((each) => [each, 1])),
    ...Object.fromEntries(values.map(([each, peak]) => [each, peak! * shareOf(each, shares)])),
  } as unknown as RooflineParameters;
}

const counts = (name: EfficiencyName, card: ModelCard, parallel: boolean): boolean => {
  if (name === 'link_bytes_per_s') return parallel;
  if (name === 'expert_flop_per_s') return card.weight_groups.some((group) => group.name === 'experts');
  return true;
};

function shareOf(name: EfficiencyName, shares: Shares): number {
  if (name === 'memory_bytes_per_s') return shares.memory;
  return name === 'link_bytes_per_s' ? shares.link : shares.compute;
}
