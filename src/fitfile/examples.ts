import { METRIC_KEYS, metricValue } from '../fit/predictive.ts';
import { closedLoopMeans } from '../roofline/closed-form.ts';
import { modelOf, settingsFor } from './apply.ts';
import type { Fit } from './schema.ts';

/** Inputs with expected outputs at the corners and in the middle of a fit's range, for readers in other languages. */
export function examplesFor(fit: Omit<Fit, 'digest'>): Fit['examples'] {
  const { input_tokens, output_tokens, concurrency, tensor_parallel } = fit.range;
  const middle = ([low, high]: readonly [number, number]): number => Math.round(Math.sqrt(low * high));
  const shapes = [
    [input_tokens[0], output_tokens[1], 1],
    [input_tokens[1], output_tokens[0], 1],
    [middle(input_tokens), middle(output_tokens), middle(concurrency)],
    [input_tokens[0], output_tokens[1], concurrency[1]],
  ] as const;
  const model = modelOf(fit);
  const turnAroundSeconds = fit.client.turn_around_s;
  return tensor_parallel.flatMap((tp) =>
    shapes.map(([input, output, streams]) => {
      const means = closedLoopMeans(
        model.card,
        model.parameters,
        settingsFor(fit, tp),
        { inputTokens: input, outputTokens: output, concurrency: streams, turnAroundSeconds },
        model.edges,
      );
      return {
        predictor: 'closed_form' as const,
        input_tokens: input,
        output_tokens: output,
        concurrency: streams,
        tensor_parallel: tp,
        turn_around_s: turnAroundSeconds,
        expected: Object.fromEntries(
          METRIC_KEYS.map((key) => [key, metricValue(means, key)]),
        ) as Fit['examples'][number]['expected'],
      };
    }),
  );
}
