import type { CostBasis } from '../../src/cost/basis.ts';
import { STUDY_RULES } from '../../src/cost/rules.ts';
import { searchAll, usdPerRequest } from '../../src/cost/search.ts';
import { uniformSource } from '../../src/cost/sources/uniform.ts';
import { STUDY_DEVICES, STUDY_MODELS } from '../../src/cost/study/devices.ts';
import type { Objective } from '../../src/cost/workload.ts';

export const DEVICE_IDS = STUDY_DEVICES.map(({ accelerator }) => accelerator.id);

export const LATENCY: readonly Objective[] = [
  { key: 'ttft_mean_ms', metric: 'ttft', statistic: 'mean', limit_s: 0.25 },
  { key: 'tpot_mean_ms', metric: 'tpot', statistic: 'mean', limit_s: 0.02 },
];

/** Least and most benefit over H100::H100 of a pair over the study's four models. */
export function benefitRange(
  basis: CostBasis,
  [input, output]: readonly [number, number],
  objectives: readonly Objective[],
  [prefill, decode]: readonly [string, string],
): [number, number] {
  const ids = [...new Set(['h100-sxm', prefill, decode])];
  const benefits = STUDY_MODELS.map((model) => {
    const devices = STUDY_DEVICES.filter(({ accelerator }) => ids.includes(accelerator.id)).map((device) => ({
      source: uniformSource(device, model),
      usd_per_h: basis.costOf(device.accelerator).usd_per_h,
    }));
    const options = searchAll(devices, { workload: { input, output }, objectives, rules: STUDY_RULES });
    const at = (id: string): number => devices.findIndex(({ source }) => source.label === id);
    const cost = (p: string, d: string): number =>
      usdPerRequest(
        options.find((one) => one.kind === 'pair' && one.prefill === at(p) && one.decode === at(d))!,
      )!;
    return cost('h100-sxm', 'h100-sxm') / cost(prefill, decode);
  });
  return [Math.min(...benefits), Math.max(...benefits)];
}
