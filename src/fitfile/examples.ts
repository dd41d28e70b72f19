import { PREDICTORS, type Predictor } from '../fit/cell-model.ts';
import { METRIC_KEYS, metricValue } from '../fit/predictive.ts';
import { closedLoopMeans } from '../roofline/closed-form.ts';
import { scheduledMeans } from '../roofline/scheduler/scheduled-means.ts';
import type { EngineSettings, ServingMeans } from '../roofline/serving.ts';
import { modelOf, settingsFor } from './apply.ts';
import type { Fit } from './schema.ts';

type Example = Fit['examples'][number];
type FitContent = Omit<Fit, 'digest'>;
type Shape = readonly [input: number, output: number, streams: number];

/**
 * Means of an example's cell from a fit file's own parameters: a steady loop, its output lengths jittered as the example says
 * (the closed form knows their mean only).
 */
export function exampleMeans(fit: FitContent, example: Omit<Example, 'expected'>): ServingMeans {
  const { card, parameters, edges } = modelOf(fit);
  const shape = {
    inputTokens: example.input_tokens,
    outputTokens: example.output_tokens,
    concurrency: example.concurrency,
    turnAroundSeconds: example.turn_around_s,
    driving: { kind: 'steady', output_jitter: example.output_jitter } as const,
  };
  const settings = { ...settingsFor(fit, example.tensor_parallel), ...speculationOf(example) };
  const means = { closed_form: closedLoopMeans, scheduler: scheduledMeans }[example.predictor];
  return means(card, parameters, settings, shape, edges);
}

const speculationOf = ({ speculation }: Pick<Example, 'speculation'>): Pick<EngineSettings, 'speculation'> =>
  speculation
    ? { speculation: { draftTokens: speculation.draft_tokens, acceptance: speculation.acceptance } }
    : {};

/** In the middle of what was measured; none where no cell speculated. */
function middleSpeculation({ draft }: FitContent): Example['speculation'] {
  if (draft === undefined) return undefined;
  const [fewest, most] = draft.draft_tokens;
  const [low, high] = draft.acceptance;
  return { draft_tokens: Math.max(1, Math.round(Math.sqrt(fewest * most))), acceptance: (low + high) / 2 };
}

/**
 * Inputs with expected outputs at the corners and in the middle of a fit's range, by both predictors: readers in other languages
 * check the closed form, other versions of this one both. Where cells speculated, the middle once more with proposed tokens.
 */
export function examplesFor(fit: FitContent): Example[] {
  const { input_tokens, output_tokens, concurrency, tensor_parallel } = fit.range;
  const middle = ([low, high]: readonly [number, number]): number => Math.round(Math.sqrt(low * high));
  const shapes = [
    [input_tokens[0], output_tokens[1], 1],
    [input_tokens[1], output_tokens[0], 1],
    [middle(input_tokens), middle(output_tokens), middle(concurrency)],
    [input_tokens[0], output_tokens[1], concurrency[1]],
  ] as const;
  const example = (
    predictor: Predictor,
    tp: number,
    [input, output, streams]: Shape,
    speculation?: Example['speculation'],
  ): Example => {
    const asked = {
      predictor,
      input_tokens: input,
      output_tokens: output,
      concurrency: streams,
      tensor_parallel: tp,
      turn_around_s: fit.client.turn_around_s,
      output_jitter: fit.protocol.output_jitter,
      ...(speculation && { speculation }),
    };
    const means = exampleMeans(fit, asked);
    return {
      ...asked,
      expected: Object.fromEntries(
        METRIC_KEYS.map((key) => [key, metricValue(means, key)]),
      ) as Example['expected'],
    };
  };
  const plain = PREDICTORS.flatMap((predictor) =>
    tensor_parallel.flatMap((tp) => shapes.map((shape) => example(predictor, tp, shape))),
  );
  const proposed = middleSpeculation(fit);
  if (proposed === undefined) return plain;
  return [
    ...plain,
    ...PREDICTORS.map((predictor) => example(predictor, tensor_parallel[0]!, shapes[2], proposed)),
  ];
}
