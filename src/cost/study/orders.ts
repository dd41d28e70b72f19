import { asgar2025Stated } from '../bases/asgar2025.ts';
import { prefillPlans } from '../phase-plans.ts';
import { STUDY_RULES } from '../rules.ts';
import { uniformSource } from '../sources/uniform.ts';
import { SHAPES, type StudyRow } from './benefits.ts';
import { STUDY_DEVICES, STUDY_MODELS } from './devices.ts';

/** How often each pair is the best of all ordered ones, over models, shapes and limits of one basis; most first. */
export function bestPairs(
  rows: readonly StudyRow[],
  basis: string,
): { readonly pair: string; readonly times: number }[] {
  const winners = rows
    .filter((row) => row.basis === basis)
    .flatMap((row) =>
      Object.values(row.by_model).map(
        (benefits) => Object.entries(benefits).reduce((best, one) => (one[1] > best[1] ? one : best))[0],
      ),
    );
  const counts = Map.groupBy(winners, (pair) => pair);
  return [...counts]
    .map(([pair, times]) => ({ pair, times: times.length }))
    .sort((a, b) => b.times - a.times);
}

/** The device that prefills 4096 tokens at the least cost without a latency limit, by model and tariff (claims C4 and C8). */
export function cheapestPrefill(
  tariffs: readonly number[],
): { readonly model: string; readonly usd_per_kwh: number; readonly order: readonly string[] }[] {
  const shape = SHAPES[1];
  return tariffs.flatMap((usd_per_kwh) =>
    STUDY_MODELS.map((model) => {
      const basis = asgar2025Stated(usd_per_kwh);
      const cost = ({ accelerator, ...device }: (typeof STUDY_DEVICES)[number]): number => {
        const plans = prefillPlans(uniformSource({ accelerator, ...device }, model), shape, [], STUDY_RULES);
        return basis.costOf(accelerator).usd_per_h * Math.min(...plans.map((one) => one.device_seconds));
      };
      const order = [...STUDY_DEVICES].sort((a, b) => cost(a) - cost(b)).map((one) => one.accelerator.id);
      return { model: model.name, usd_per_kwh, order };
    }),
  );
}
