import { findAccelerator } from '../../accelerator/catalogue.ts';
import type { Fit } from '../../fitfile/schema.ts';
import type { ModelCard } from '../../model/card.ts';
import { type BenefitInterval, benefitIntervals, type UncertainDevice } from '../intervals.ts';
import { optionName } from '../option-name.ts';
import type { UncertainSource } from '../phase-source.ts';
import { STUDY_RULES } from '../rules.ts';
import { type SearchQuestion, searchPairs, usdPerRequest } from '../search.ts';
import { cachedSource } from '../sources/cached.ts';
import { carriedSource, fitSource } from '../sources/from-fit.ts';
import { BASELINE, LIMITS, SHAPES, STUDY_BASES, type StudyLimit, type StudyShape } from './benefits.ts';
import { STUDY_DEVICES } from './devices.ts';

/** A pair's benefit over H100::H100 out of fits. */
export interface FittedBenefit {
  readonly pair: string;
  readonly benefit: number | null;
  readonly uncertainty: BenefitInterval | null;
}

export interface FittedRow {
  readonly model: string;
  readonly basis: string;
  readonly shape: StudyShape;
  readonly limit: StudyLimit;
  readonly benefits: readonly FittedBenefit[];
}

/** How a device of the study is known from the fits of one model. */
export interface FittedDevice {
  readonly accelerator: string;
  readonly how: 'fit' | 'carried_fit';
  /** Id of the fit. */
  readonly fit: string;
  /** Fitted efficiencies against dense peaks of the device that the fit is of. */
  readonly compute_efficiency: number | null;
  readonly bandwidth_efficiency: number | null;
  /** Of its KV cache; where it differs between devices, ratios hold that difference too. */
  readonly kv_bytes_per_element: number;
}

/** The fit of a device, where it is of the model that is asked: another model's is carried. */
const ownFit = (fits: readonly Fit[], id: string, model: ModelCard): Fit | undefined =>
  fits.find((fit) => fit.accelerator.id === id && fit.model_card.id === model.id);

/** @param model default: that of the fits; another one is carried from the first */
export function fittedDevices(fits: readonly Fit[], model: ModelCard = fits[0]!.model_card): FittedDevice[] {
  return STUDY_DEVICES.map(({ accelerator }) => {
    const own = ownFit(fits, accelerator.id, model);
    const fit = own ?? fits[0]!;
    return {
      accelerator: accelerator.id,
      how: own ? 'fit' : 'carried_fit',
      fit: fit.id,
      compute_efficiency: fit.parameters.gemm_flop_per_s!.efficiency?.value ?? null,
      bandwidth_efficiency: fit.parameters.memory_bytes_per_s!.efficiency?.value ?? null,
      kv_bytes_per_element: fit.model_card.kv_bytes_per_element,
    };
  });
}

/** The study's devices by fits of one model: their own where there is one, else the first carried there by spec sheets. */
function sourcesOf(fits: readonly Fit[], model: ModelCard, shape: StudyShape): UncertainSource[] {
  return STUDY_DEVICES.map(({ accelerator }) => {
    const own = ownFit(fits, accelerator.id, model);
    if (own) return fitSource(own, shape, accelerator.id);
    const to = { accelerator: findAccelerator(accelerator.id), model };
    return carriedSource(fits[0]!, to, shape, accelerator.id);
  });
}

/** Benefits over H100::H100 on every basis, shape and limit of the study, from fits of one model. */
export function fittedRows(
  fits: readonly Fit[],
  draws: number,
  card: ModelCard = fits[0]!.model_card,
): FittedRow[] {
  const model = `${card.id} ${card.precision}`;
  return SHAPES.flatMap((shape) => {
    const sources = sourcesOf(fits, card, shape).map(cachedSource);
    return (['throughput', 'latency'] as const).flatMap((limit) => {
      const question = { workload: shape, objectives: LIMITS[limit], rules: STUDY_RULES };
      return STUDY_BASES.map((basis): FittedRow => {
        const devices = sources
          .filter(({ central }) => basis.prices(central.accelerator))
          .map((source) => ({ source, usd_per_h: basis.costOf(source.central.accelerator).usd_per_h }));
        return { model, basis: basis.name, shape, limit, benefits: benefitsOver(devices, question, draws) };
      });
    });
  });
}

/** Benefits of every pair over H100::H100. */
function benefitsOver(
  devices: readonly UncertainDevice[],
  question: SearchQuestion,
  draws: number,
): FittedBenefit[] {
  const labels = devices.map(({ source }) => source.central.label);
  const options = searchPairs(
    devices.map(({ source, usd_per_h }) => ({ source: source.central, usd_per_h })),
    question,
  );
  const names = options.map((option) => optionName(option, labels));
  const place = names.indexOf(BASELINE);
  const base = usdPerRequest(options[place]!);
  const intervals = benefitIntervals(devices, question, place, draws, searchPairs);
  return options.flatMap((option, index): FittedBenefit[] => {
    const usd = usdPerRequest(option);
    if (option.kind !== 'pair') return [];
    const known = [option.prefill, option.decode, labels.indexOf('h100-sxm')].every(
      (at) => devices[at]!.source.interval,
    );
    const benefit = base === null || usd === null ? null : base / usd;
    return [{ pair: names[index]!, benefit, uncertainty: known ? intervals[index]! : null }];
  });
}

/** A published ratio of one pair beside the fits' on the stated basis. */
export interface FittedClaim {
  readonly id: string;
  readonly pair: string;
  readonly shape: string;
  readonly published: number;
  /** Least and most over limits (and shapes, where the claim is over both). */
  readonly fitted: readonly [number, number];
  /** From the lowest to the highest end of their 90 % intervals; null where one lies too far outside what was measured. */
  readonly interval_90: readonly [number, number] | null;
  readonly verdict: 'reproduces' | 'inside the intervals' | 'excluded' | 'unclear';
}

const CLAIMED = [
  { id: 'C1', pair: 'b200-sxm::gaudi3', output: null, published: 1.7 },
  { id: 'C2', pair: 'b200-sxm::gaudi3', output: 512, published: 3 },
  { id: 'C3', pair: 'b200-sxm::gaudi3', output: 4096, published: 4 },
  { id: 'C3', pair: 'b200-sxm::b200-sxm', output: 4096, published: 2.5 },
] as const;

/** What the fits of one model say of the published ratios. */
export function fittedClaims(rows: readonly FittedRow[]): FittedClaim[] {
  return CLAIMED.flatMap(({ id, pair, output, published }): FittedClaim[] => {
    const found = rows
      .filter(
        ({ basis, shape }) => basis === STUDY_BASES[0]!.name && (output === null || shape.output === output),
      )
      .flatMap(({ benefits }) => benefits.filter((one) => one.pair === pair && one.benefit !== null));
    if (found.length === 0) return [];
    const values = found.map(({ benefit }) => benefit!);
    const ends = found.flatMap(({ uncertainty }) => uncertainty?.benefit_90 ?? []).filter(Number.isFinite);
    const fitted = [Math.min(...values), Math.max(...values)] as const;
    const interval_90 = found.every(({ uncertainty }) => uncertainty !== null)
      ? ([Math.min(...ends, fitted[0]), Math.max(...ends, fitted[1])] as const)
      : null;
    const holds = ([low, high]: readonly [number, number]): boolean => published >= low && published <= high;
    return [
      {
        id,
        pair,
        shape: output === null ? 'both' : output === 512 ? '4096/512' : '512/4096',
        published,
        fitted,
        interval_90,
        verdict: holds(fitted)
          ? 'reproduces'
          : interval_90 === null
            ? 'unclear'
            : holds(interval_90)
              ? 'inside the intervals'
              : 'excluded',
      },
    ];
  });
}
