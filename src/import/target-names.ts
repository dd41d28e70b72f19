import { splitName } from '../model/names.ts';
import type { Driving } from '../roofline/driving.ts';

/** What tells one target of an import from another. */
export interface TargetFacets {
  readonly accelerator: string;
  readonly tensorParallel: number;
  readonly expertParallel: number | null;
  readonly model: string;
  readonly precision: string | null;
  readonly engine: string;
  readonly engineVersion: string | null;
  readonly driving: Driving;
}

/** The parts that follow accelerator and TP size, each only where the targets of the import differ in it. */
const PARTS: readonly ((facets: TargetFacets) => string)[] = [
  ({ expertParallel }) => `ep${expertParallel ?? 'x'}`,
  ({ model }) => splitName(model).base,
  ({ precision }) => precision ?? 'released',
  ({ engine }) => engine,
  ({ engineVersion }) => engineVersion ?? 'unversioned',
  ({ driving }) => drivingName(driving),
];

function drivingName(driving: Driving): string {
  if (driving.kind === 'batch') return 'batch';
  const [low, high] = driving.output_jitter;
  return `${driving.kind}-${low === 1 && high === 1 ? 'exact' : 'jittered'}`;
}

/**
 * A unique name for each target, short as long as they differ only in accelerator and TP: `h100-sxm-tp4`,
 * `h100-sxm-tp4-fp8`.
 */
export function targetNames(targets: readonly TargetFacets[]): string[] {
  const telling = PARTS.filter((part) => new Set(targets.map(part)).size > 1);
  const used = new Map<string, number>();
  return targets.map((facets) => {
    const parts = [facets.accelerator, `tp${facets.tensorParallel}`, ...telling.map((part) => part(facets))];
    const name = parts.join('-').replaceAll(/[^A-Za-z0-9._-]+/g, '-');
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  });
}
