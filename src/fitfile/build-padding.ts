import { type DatasetFit, errorsOn } from '../fit/fit-dataset.ts';
import type { Observation } from '../fit/observations.ts';
import { type PaddingScores, paddingScores } from '../fit/padding/scores.ts';
import { paddingOf, pads } from '../fit/padding/sizes.ts';
import type { PaddingSection } from './padding-schema.ts';
import type { Fit } from './schema.ts';

/** Only where padding was read or detected: other files stay as they were. */
export function paddingSection(
  fitted: DatasetFit,
  observations: readonly Observation[],
): Pick<Fit, 'padding'> {
  const { padding } = fitted;
  if (padding === undefined) return {};
  const held = observations.filter(({ hold_out }) => hold_out);
  const scoresOf = (fit: DatasetFit): PaddingScores =>
    paddingScores(fit.fit, errorsOn(fit, held, 'scheduler'));
  const [own, other] = [scoresOf(fitted), scoresOf(padding.rival)];
  return {
    padding: {
      targets: targetsOf(padding.value, observations),
      used: padding.used,
      cost_ratio: padding.cost_ratio,
      with: padding.used ? own : other,
      without: padding.used ? other : own,
      tried: padding.tried.map(({ value, cost_ratio }) => ({
        sizes: value as PaddingSection['tried'][number]['sizes'],
        cost_ratio,
      })),
    },
  };
}

function targetsOf(
  value: NonNullable<DatasetFit['padding']>['value'],
  observations: readonly Observation[],
): PaddingSection['targets'] {
  const byName = new Map(observations.map((one) => [one.target, one.read_padding]));
  return [...byName].flatMap(([target, read]) => {
    const sizes = paddingOf(value, read);
    if (sizes === undefined || !pads(sizes)) return [];
    const source = value === 'read' ? read!.source : 'detected';
    const { batch, query, kv_blocks, block_size } = structuredClone(sizes);
    return [{ target, source, batch, query, kv_blocks, block_size } as PaddingSection['targets'][number]];
  });
}
