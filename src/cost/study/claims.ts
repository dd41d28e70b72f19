import { asgar2025Stated } from '../bases/asgar2025.ts';
import { decodePlans, prefillPlans } from '../phase-plans.ts';
import { STUDY_RULES } from '../rules.ts';
import { uniformSource } from '../sources/uniform.ts';
import { rangeOf, SHAPES, STUDY_BASES, type StudyRow } from './benefits.ts';
import { STUDY_DEVICES, STUDY_MODELS } from './devices.ts';

export type Verdict = 'reproduces' | 'on another basis' | 'does not reproduce';

/** A published ratio beside ours. */
export interface JudgedClaim {
  readonly id: string;
  readonly claim: string;
  readonly published: number;
  /** On the study's stated basis, over models and limits. */
  readonly stated: readonly [number, number];
  /** The most on any basis, and which. */
  readonly most: { readonly value: number; readonly basis: string };
  readonly verdict: Verdict;
}

interface Claim {
  readonly id: string;
  readonly claim: string;
  readonly published: number;
  /** Output tokens of the shape; null: both. */
  readonly output: number | null;
  readonly value: (row: StudyRow) => readonly (readonly [number, number])[];
}

const pair =
  (name: string) =>
  (row: StudyRow): (readonly [number, number])[] => {
    const range = rangeOf(row, name);
    return range ? [range] : [];
  };

/** Of one pair over another, model by model. */
const over =
  (one: string, other: string) =>
  (row: StudyRow): (readonly [number, number])[] => {
    const ratios = Object.values(row.by_model).flatMap((all) =>
      all[one] === undefined || all[other] === undefined ? [] : [all[one] / all[other]],
    );
    return ratios.length === 0 ? [] : [[Math.min(...ratios), Math.max(...ratios)]];
  };

const G3 = 'b200-sxm::gaudi3';
const B200 = 'b200-sxm::b200-sxm';

/** Ratios that the preprint and its article published (arXiv:2507.19635 v1; the article of October 2025). */
const CLAIMS: readonly Claim[] = [
  {
    id: 'C1',
    claim: 'B200::Gaudi3 over H100::H100, common workloads',
    published: 1.7,
    output: null,
    value: pair(G3),
  },
  { id: 'C1', claim: 'the same over B200::B200', published: 1.7, output: null, value: over(G3, B200) },
  { id: 'C2', claim: 'B200::Gaudi3, 4096/512', published: 3, output: 512, value: pair(G3) },
  { id: 'C3', claim: 'B200::Gaudi3, 512/4096', published: 4, output: 4096, value: pair(G3) },
  { id: 'C3', claim: 'B200::B200, 512/4096', published: 2.5, output: 4096, value: pair(B200) },
  {
    id: 'C7',
    claim: 'H100::Gaudi3 over B200::B200, 512/4096',
    published: 1,
    output: 4096,
    value: over('h100-sxm::gaudi3', B200),
  },
  {
    id: 'C7',
    claim: 'H100::Gaudi3 over B200::B200, 4096/512',
    published: 1,
    output: 512,
    value: over('h100-sxm::gaudi3', B200),
  },
];

const spanOf = (ranges: readonly (readonly [number, number])[]): readonly [number, number] => [
  Math.min(...ranges.map(([low]) => low)),
  Math.max(...ranges.map(([, high]) => high)),
];

/** Published ratios beside the ranges of the re-derivation; one reproduces where it lies inside the range. */
export function judgedClaims(rows: readonly StudyRow[]): JudgedClaim[] {
  return CLAIMS.map(({ id, claim, published, output, value }) => {
    const ranges = STUDY_BASES.flatMap(({ name }) => {
      const own = rows.filter(
        (row) => row.basis === name && (output === null || row.shape.output === output),
      );
      const found = own.flatMap(value);
      return found.length === 0 ? [] : [{ name, range: spanOf(found) }];
    });
    const stated = ranges.find(({ name }) => name === STUDY_BASES[0]!.name)!.range;
    const most = ranges.reduce((best, one) => (one.range[1] > best.range[1] ? one : best));
    const holds = ([low, high]: readonly [number, number]): boolean => published >= low && published <= high;
    return {
      id,
      claim,
      published,
      stated,
      most: { value: most.range[1], basis: most.name },
      verdict: holds(stated)
        ? 'reproduces'
        : ranges.some(({ range }) => holds(range))
          ? 'on another basis'
          : 'does not reproduce',
    };
  });
}

/** What would have to be true of the devices for the published ratios. */
export interface Needed {
  readonly basis: string;
  /** Of Gaudi 3 and of B200 over H100, $ an hour. */
  readonly cost_ratio: { readonly gaudi3: number; readonly b200: number };
  /** Decode throughput over H100's for 4x on Gaudi 3 and 2.5x on B200, and that over the ratio of bandwidths. */
  readonly gaudi3_decode: number;
  readonly gaudi3_relative_efficiency: number;
  readonly b200_decode: number;
  readonly b200_relative_efficiency: number;
}

const deviceOf = (id: string) => STUDY_DEVICES.find(({ accelerator }) => accelerator.id === id)!;

/** Decode-heavy requests are all but decode: the benefit is the ratio of decode throughputs over that of prices. */
export const neededThroughput = (): Needed[] =>
  STUDY_BASES.slice(0, 4).map((basis) => {
    const usd = (id: string): number => basis.costOf(deviceOf(id).accelerator).usd_per_h;
    const bandwidth = (id: string): number =>
      deviceOf(id).memory_bytes_per_s / deviceOf('h100-sxm').memory_bytes_per_s;
    const ratio = { gaudi3: usd('gaudi3') / usd('h100-sxm'), b200: usd('b200-sxm') / usd('h100-sxm') };
    const [g3, b200] = [4 * ratio.gaudi3, 2.5 * ratio.b200];
    return {
      basis: basis.name,
      cost_ratio: ratio,
      gaudi3_decode: g3,
      gaudi3_relative_efficiency: g3 / bandwidth('gaudi3'),
      b200_decode: b200,
      b200_relative_efficiency: b200 / bandwidth('b200-sxm'),
    };
  });

/** Most that B200 prefill can gain on 4096/512 over H100::H100 with decode for nothing, stated basis, by FP8 model. */
export function freeDecodeCeiling(): {
  readonly model: string;
  readonly prefill_share: number;
  readonly ceiling: number;
}[] {
  const basis = asgar2025Stated();
  const shape = SHAPES[1];
  return STUDY_MODELS.filter(({ bytes }) => bytes === 1).map((model) => {
    const prefill = (id: string): number =>
      Math.min(
        ...prefillPlans(uniformSource(deviceOf(id), model), shape, [], STUDY_RULES).map(
          ({ device_seconds }) => device_seconds,
        ),
      );
    const usd = (id: string): number => basis.costOf(deviceOf(id).accelerator).usd_per_h;
    const share = prefillShare(model.name, prefill('h100-sxm'));
    const gain = (prefill('h100-sxm') * usd('h100-sxm')) / (prefill('b200-sxm') * usd('b200-sxm'));
    return { model: model.name, prefill_share: share, ceiling: gain / share };
  });
}

function prefillShare(name: string, prefill: number): number {
  const model = STUDY_MODELS.find((one) => one.name === name)!;
  const decode = Math.min(
    ...decodePlans(uniformSource(deviceOf('h100-sxm'), model), SHAPES[1], STUDY_RULES).map(
      ({ device_seconds }) => device_seconds,
    ),
  );
  return prefill / (prefill + decode);
}
