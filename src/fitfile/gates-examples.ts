import { RidgeError } from '../errors.ts';
import { METRIC_KEYS, type MetricKey, metricValue } from '../fit/predictive.ts';
import type { ServingMeans } from '../roofline/serving.ts';
import { exampleMeans } from './examples.ts';
import { examplePower } from './power-examples.ts';
import type { PowerSection } from './power-schema.ts';
import type { Fit } from './schema.ts';

type Example = Fit['examples'][number];
type PowerExample = NonNullable<PowerSection['examples']>[number];

/** How far this version is from the examples of a fit file. */
export interface Reproduction {
  readonly examples: number;
  /** Largest relative difference of a metric; infinite where one has a value and the other has none, or none can be computed. */
  readonly largest: number;
  /** Where it is, in a few words; null where all are equal. */
  readonly worst: string | null;
}

/** Relative difference up to which an example counts as reproduced here; other languages are held to 1e-6. */
export const EXAMPLE_TOLERANCE = 1e-9;

/** Computes every example of a fit file from the file's own parameters and compares. */
export function reproduceExamples(fit: Fit): Reproduction {
  let largest = 0;
  let worst: string | null = null;
  for (const example of fit.examples) {
    const means = meansOrNull(fit, example);
    for (const key of METRIC_KEYS) {
      const difference = means === null ? Infinity : differenceOf(means, example, key);
      if (difference <= largest) continue;
      largest = difference;
      worst = `${key} of ${example.input_tokens} in, ${example.output_tokens} out, concurrency ${example.concurrency}, TP ${example.tensor_parallel}`;
    }
  }
  for (const example of fit.power?.examples ?? []) {
    const computed = powerOrNull(fit, example);
    for (const key of ['step_ms', 'power_w'] as const) {
      const difference = computed === null ? Infinity : Math.abs(computed[key] / example.expected[key] - 1);
      if (difference <= largest) continue;
      largest = Number.isNaN(difference) ? Infinity : difference;
      worst = `${key} of a step of ${example.decodes} decodes and ${example.chunks.length} chunks, TP ${example.tensor_parallel}`;
    }
  }
  return { examples: fit.examples.length + (fit.power?.examples?.length ?? 0), largest, worst };
}

const powerOrNull = (fit: Fit, example: PowerExample): PowerExample['expected'] | null =>
  orNull(() => examplePower(fit, fit.power!, example));

function differenceOf(means: ServingMeans, example: Example, key: MetricKey): number {
  const computed = metricValue(means, key);
  const expected = example.expected[key] ?? null;
  if (computed === null || expected === null) return computed === expected ? 0 : Infinity;
  const difference = Math.abs(computed / expected - 1);
  return Number.isNaN(difference) ? Infinity : difference;
}

/** Null where a stranger's file lacks what the model needs, such as a part of the model card. */
const meansOrNull = (fit: Fit, example: Example): ServingMeans | null =>
  orNull(() => exampleMeans(fit, example));

function orNull<Value>(compute: () => Value): Value | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RidgeError) return null;
    throw error;
  }
}
