import { splitName } from '../model/names.ts';
import type { Driving } from '../roofline/driving.ts';

/** What tells one target of an import from another. */
export interface TargetFacets {
  readonly accelerator: string;
  readonly tensorParallel: number;
  readonly expertParallel: number | null;
  readonly pipelineParallel: number;
  readonly model: string;
  readonly precision: string | null;
  readonly engine: string;
  readonly engineVersion: string | null;
  readonly driving: Driving;
  /** See `MeasuredRow`. */
  readonly budgetMarginTokens: number | null;
  readonly wholeOnOwnServer: boolean;
  /** Task whose prompt lengths are not recorded; null: they are. */
  readonly unknownInput: string | null;
}

/** What may follow accelerator and TP size, most telling first; a blank part is left out. */
const PARTS: readonly ((facets: TargetFacets) => string)[] = [
  ({ expertParallel }) => ((expertParallel ?? 1) > 1 ? `ep${expertParallel}` : ''),
  ({ pipelineParallel }) => (pipelineParallel > 1 ? `pp${pipelineParallel}` : ''),
  ({ model }) => splitName(model).base,
  ({ precision }) => precision ?? '',
  ({ engine, engineVersion }) => [engine, engineVersion ?? ''].filter(Boolean).join('-'),
  ({ driving }) => drivingName(driving),
  ({ unknownInput }) => unknownInput ?? '',
  ({ budgetMarginTokens, wholeOnOwnServer }) =>
    budgetMarginTokens === null && !wholeOnOwnServer ? '' : 'own-server',
];

function drivingName(driving: Driving): string {
  if (driving.kind === 'batch') return 'batch';
  const [low, high] = driving.output_jitter;
  return `${driving.kind}-${low === 1 && high === 1 ? 'exact' : 'jittered'}`;
}

/**
 * A unique name for each target, with no part that is not needed to tell them apart: `h100-sxm-tp4`,
 * `h100-sxm-tp4-llama-3.1-70b-fp8`.
 */
export function targetNames(targets: readonly TargetFacets[]): string[] {
  const telling = PARTS.filter((part) => new Set(targets.map(part)).size > 1);
  const needed = telling.reduceRight((parts, part) => {
    const without = parts.filter((one) => one !== part);
    return areUnique(named(targets, without)) ? without : parts;
  }, telling);
  return numbered(named(targets, needed));
}

const areUnique = (names: readonly string[]): boolean => new Set(names).size === names.length;

const named = (targets: readonly TargetFacets[], parts: typeof PARTS): string[] =>
  targets.map((facets) =>
    [facets.accelerator, `tp${facets.tensorParallel}`, ...parts.map((part) => part(facets))]
      .filter(Boolean)
      .join('-')
      .replaceAll(/[^A-Za-z0-9._-]+/g, '-'),
  );

/** Names that are still equal (they differ in what a name cannot hold) get a number. */
function numbered(names: readonly string[]): string[] {
  const used = new Map<string, number>();
  return names.map((name) => {
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  });
}
