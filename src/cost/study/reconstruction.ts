import { asgar2025Stated } from '../bases/asgar2025.ts';
import type { CostBasis } from '../basis.ts';
import {
  UNIFORM_EFFICIENCY,
  type UniformDevice,
  type UniformModel,
  uniformSource,
} from '../sources/uniform.ts';
import { type Benefits, benefitsOf, SHAPES, type StudyShape } from './benefits.ts';
import { STUDY_DEVICES, STUDY_MODELS } from './devices.ts';

/** Share of its decode efficiency that H100 is left with. */
const H100_DECODE = 0.57;
/** B200's headline figure, FLOP/s: sparse, twice the dense peak. */
const B200_SPARSE_FP8 = 9000e12;

/** Benefits of the FP8 models by pair, least and most. */
export interface Reconstruction {
  readonly basis: string;
  readonly shape: StudyShape;
  readonly by_pair: Readonly<Record<string, readonly [number, number]>>;
}

function sourceOf(device: UniformDevice, model: UniformModel) {
  const { id } = device.accelerator;
  const e = UNIFORM_EFFICIENCY;
  if (id === 'h100-sxm') {
    const decode_compute = e.decode_compute * H100_DECODE;
    return uniformSource(device, model, {
      ...e,
      decode_compute,
      decode_memory: e.decode_memory * H100_DECODE,
    });
  }
  if (id === 'b200-sxm') {
    return uniformSource({ ...device, flop_per_s: { ...device.flop_per_s, 1: B200_SPARSE_FP8 } }, model);
  }
  return uniformSource(device, model);
}

/**
 * One set of assumptions, not the only one, under which every published ratio comes out: purchase alone, B200's FP8 at its
 * sparse figure against H100's dense one, and H100 decode at 0.57 of the others' efficiency; and the same with power paid.
 */
export function reconstructions(): Reconstruction[] {
  const bases: readonly CostBasis[] = [{ ...asgar2025Stated(0), name: 'purchase alone' }, asgar2025Stated()];
  return bases.flatMap((basis) =>
    SHAPES.map((shape): Reconstruction => {
      const found = STUDY_MODELS.filter(({ bytes }) => bytes === 1).map((model) =>
        benefitsOf(
          STUDY_DEVICES.map((device) => ({
            source: sourceOf(device, model),
            usd_per_h: basis.costOf(device.accelerator).usd_per_h,
          })),
          shape,
          'throughput',
        ),
      );
      return { basis: basis.name, shape, by_pair: spans(found) };
    }),
  );
}

const spans = (found: readonly Benefits[]): Record<string, readonly [number, number]> =>
  Object.fromEntries(
    Object.keys(found[0]!).map((pair) => {
      const values = found.map((benefits) => benefits[pair]!);
      return [pair, [Math.min(...values), Math.max(...values)] as const];
    }),
  );
