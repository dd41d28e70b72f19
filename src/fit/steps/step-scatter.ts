import { type Kernel, kernelName } from './step-kinds.ts';
import type { UsableStep } from './usable-steps.ts';

/** Alike steps, and what is left of each one's time, relative to their mean. */
export interface Members {
  readonly kernel: Kernel;
  readonly steps: readonly UsableStep[];
  readonly residuals: readonly number[];
  /** The residuals hold differences of what the steps computed. */
  readonly curved: boolean;
}

/** Slopes that the residuals of a group have lost. */
const LOST = 4;
const UNKNOWN_SCATTER = 0.05;
const LEAST_SCATTER = 1e-5;
/** A kernel's own scatter is believed as if so many steps of the usual one had been seen as well. */
const USUAL_STEPS = 6;

interface Sum {
  square: number;
  absolute: number;
  freedom: number;
}

/**
 * Standard deviation of a step about what it computes, relative, of each group: that of its kernel, drawn towards that of all of its
 * kind. Stamps' errors are seconds and the engine's are shares, so the usual one is the smaller of the two readings.
 */
export function scatters(groups: readonly Members[]): Map<Members, number> {
  const byKind = new Map<string, Sum>();
  const byKernel = new Map<string, Sum>();
  for (const group of groups) {
    if (group.curved) continue;
    for (const [sums, name] of [
      [byKind, group.kernel.kind],
      [byKernel, kernelName(group.kernel)],
    ] as const) {
      const sum = sums.get(name) ?? { square: 0, absolute: 0, freedom: 0 };
      const square = group.residuals.reduce((total, value) => total + value ** 2, 0);
      sum.square += square;
      sum.absolute += square * meanSeconds(group) ** 2;
      sum.freedom += group.residuals.length - LOST;
      sums.set(name, sum);
    }
  }
  return new Map(groups.map((group) => [group, scatterOf(group, byKind, byKernel)]));
}

const meanSeconds = ({ steps }: Members): number =>
  steps.reduce((sum, { seconds }) => sum + seconds, 0) / steps.length;

function scatterOf(
  group: Members,
  byKind: ReadonlyMap<string, Sum>,
  byKernel: ReadonlyMap<string, Sum>,
): number {
  const kind = byKind.get(group.kernel.kind);
  if (!kind) return UNKNOWN_SCATTER;
  const relative = Math.sqrt(kind.square / kind.freedom);
  const usual = Math.min(relative, Math.sqrt(kind.absolute / kind.freedom) / meanSeconds(group));
  const own = byKernel.get(kernelName(group.kernel)) ?? { square: 0, freedom: 0 };
  const square = (own.square + USUAL_STEPS * usual ** 2) / (own.freedom + USUAL_STEPS);
  return Math.max(LEAST_SCATTER, Math.sqrt(square));
}
