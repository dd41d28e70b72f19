import { type DatasetFit, errorsOn } from '../fit/fit-dataset.ts';
import type { Observation } from '../fit/observations.ts';
import { type PaddingScores, paddingScores } from '../fit/padding/scores.ts';
import { paddingOf, pads, type UsualPadding } from '../fit/padding/sizes.ts';
import { sizesOf } from '../roofline/padding.ts';
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
        sizes: typeof value === 'object' ? 'other' : (value as UsualPadding),
        cost_ratio,
      })),
    },
  };
}

/** Engines there compute static shapes, whatever the server says. */
const ALWAYS_PADS = /^gaudi/;

const WHAT_WOULD_TELL =
  'prompts of 1000 and of 1100 tokens alone, and 12 streams of 586 and of 656 tokens: just below and just above a power of two, as suites/padding.yaml has them';

/** What the cells leave open of padding; nothing where it is known, or they show no trace of it. */
export function paddingQuestion(
  { padding, unsurePadding, answered }: DatasetFit,
  observations: readonly Observation[],
): Pick<Fit, 'open_questions'> {
  const why = unsurePadding
    ? `${SIZES[unsurePadding.value]} would explain these cells ${Math.round(100 * (1 - unsurePadding.cost_ratio))} % better, too little to say that steps are padded`
    : ALWAYS_PADS.test(answered.accelerator.id) &&
        padding === undefined &&
        observations.every((one) => one.read_padding === undefined)
      ? 'steps there are padded to static shapes, which neither the server says nor these cells show'
      : null;
  return why === null ? {} : { open_questions: [{ about: 'padding', why, cell: WHAT_WOULD_TELL }] };
}

const SIZES: Readonly<Record<UsualPadding, string>> = {
  cuda_graphs: 'the usual sizes of CUDA graphs',
  doubling_batch: 'batches padded to powers of two',
  doubling_shapes: 'static shapes in powers of two',
};

function targetsOf(
  value: NonNullable<DatasetFit['padding']>['value'],
  observations: readonly Observation[],
): PaddingSection['targets'] {
  const byName = new Map(observations.map((one) => [one.target, one.read_padding]));
  return [...byName].flatMap(([target, read]) => {
    const sizes = paddingOf(value, read);
    if (sizes === undefined || !pads(sizes)) return [];
    const source = value === 'read' ? read!.source : 'detected';
    return [{ target, source, ...structuredClone(sizesOf(sizes)) } as PaddingSection['targets'][number]];
  });
}
