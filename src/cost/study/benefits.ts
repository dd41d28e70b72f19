import { asgar2025Stated } from '../bases/asgar2025.ts';
import { findBasis } from '../bases.ts';
import type { CostBasis } from '../basis.ts';
import { STUDY_RULES } from '../rules.ts';
import { type PricedSource, searchAll, usdPerRequest } from '../search.ts';
import { uniformSource } from '../sources/uniform.ts';
import type { Objective } from '../workload.ts';
import { STUDY_DEVICES, STUDY_MODELS } from './devices.ts';

/** Bases of the re-derivation: the study's own two, its formula at a common tariff and without power, and published terms. */
export const STUDY_BASES: readonly CostBasis[] = [
  asgar2025Stated(),
  asgar2025Stated(0.08),
  { ...asgar2025Stated(0), name: 'purchase alone' },
  findBasis('asgar2025-table5')!,
  findBasis('inferencex-hyperscaler')!,
  findBasis('inferencex-neocloud')!,
  findBasis('inferencex-rental')!,
];

export const SHAPES = [
  { input: 512, output: 4096 },
  { input: 4096, output: 512 },
] as const;
export type StudyShape = (typeof SHAPES)[number];

/** 250 ms to the first token, 20 ms between tokens, means; or throughput alone. */
export const LIMITS = { throughput: [], latency: latency() } as const satisfies Record<
  string,
  readonly Objective[]
>;
export type StudyLimit = keyof typeof LIMITS;

function latency(): Objective[] {
  return [
    { key: 'ttft_mean_ms', metric: 'ttft', statistic: 'mean', limit_s: 0.25 },
    { key: 'tpot_mean_ms', metric: 'tpot', statistic: 'mean', limit_s: 0.02 },
  ];
}

export const BASELINE = 'h100-sxm::h100-sxm';

/** Benefits over H100::H100 of every ordered pair on one basis, shape and limit, for one model. */
export type Benefits = Readonly<Record<string, number>>;

/** @param sources those that the basis prices */
export function benefitsOf(sources: readonly PricedSource[], shape: StudyShape, limit: StudyLimit): Benefits {
  const question = { workload: shape, objectives: LIMITS[limit], rules: STUDY_RULES };
  const costs = new Map(
    searchAll(sources, question).flatMap((option): [string, number][] => {
      const usd = usdPerRequest(option);
      if (option.kind !== 'pair' || usd === null) return [];
      return [[`${sources[option.prefill]!.source.label}::${sources[option.decode]!.source.label}`, usd]];
    }),
  );
  const base = costs.get(BASELINE);
  return base === undefined ? {} : Object.fromEntries([...costs].map(([name, usd]) => [name, base / usd]));
}

/** A row of the re-derivation: benefits by model of the study. */
export interface StudyRow {
  readonly basis: string;
  readonly shape: StudyShape;
  readonly limit: StudyLimit;
  readonly by_model: Readonly<Record<string, Benefits>>;
}

/** Every basis, shape and limit with uniform efficiency: spec sheets and prices alone decide. */
export const uniformRows = (): StudyRow[] =>
  STUDY_BASES.flatMap((basis) =>
    SHAPES.flatMap((shape) =>
      (['throughput', 'latency'] as const).map((limit): StudyRow => {
        const priced = STUDY_DEVICES.filter(({ accelerator }) => basis.prices(accelerator));
        const by_model = Object.fromEntries(
          STUDY_MODELS.map((model) => [
            model.name,
            benefitsOf(
              priced.map((device) => ({
                source: uniformSource(device, model),
                usd_per_h: basis.costOf(device.accelerator).usd_per_h,
              })),
              shape,
              limit,
            ),
          ]),
        );
        return { basis: basis.name, shape, limit, by_model };
      }),
    ),
  );

/** Least and most of a pair over the models; null where the basis does not price it. */
export function rangeOf(row: StudyRow, pair: string): readonly [number, number] | null {
  const values = Object.values(row.by_model).flatMap((benefits) => benefits[pair] ?? []);
  return values.length === 0 ? null : [Math.min(...values), Math.max(...values)];
}
