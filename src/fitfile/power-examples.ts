import { type PowerParameters, stepPower } from '../roofline/power.ts';
import { StepPricer } from '../roofline/step-pricer.ts';
import { TrafficCounter } from '../roofline/step-traffic.ts';
import { AttentionWork, type StepLoad, stepWork } from '../roofline/step-work.ts';
import { modelOf, settingsFor } from './apply.ts';
import { type PowerSection, powerParametersOf } from './power-schema.ts';
import type { Fit } from './schema.ts';

type FitContent = Omit<Fit, 'digest'>;
type PowerExample = NonNullable<PowerSection['examples']>[number];

/** Power of one device over one engine step, by a fit's own parameters. */
export function examplePower(
  fit: FitContent,
  power: Pick<PowerSection, 'parameters' | 'limit_w'>,
  { tensor_parallel, decodes, context_tokens, chunks }: Omit<PowerExample, 'expected'>,
): PowerExample['expected'] {
  const { card, parameters } = modelOf(fit);
  const load: StepLoad = {
    decodes,
    decodeContext: context_tokens,
    prefills: chunks.map((chunk) => ({
      tokens: chunk.tokens,
      context: chunk.context_tokens,
      completes: chunk.completes,
    })),
  };
  const { padding } = settingsFor(fit, tensor_parallel);
  const work = stepWork(new AttentionWork(card, undefined, padding), load);
  const seconds = new StepPricer(card, parameters, tensor_parallel).parts(work).total;
  const traffic = new TrafficCounter(card, tensor_parallel).count(work);
  const p: PowerParameters = powerParametersOf(power);
  return { step_ms: 1e3 * seconds, power_w: stepPower(p, traffic, seconds, power.limit_w) };
}

/** Steps with expected powers inside a fit's range: decodes alone, a chunk of a prompt alone, both together. */
export function powerExamples(
  fit: FitContent,
  power: Pick<PowerSection, 'parameters' | 'limit_w'>,
): PowerExample[] {
  const { input_tokens, output_tokens, concurrency, tensor_parallel } = fit.range;
  const middle = ([low, high]: readonly [number, number]): number => Math.round(Math.sqrt(low * high));
  const context_tokens = middle(input_tokens) + Math.round(output_tokens[1] / 2);
  return tensor_parallel.flatMap((tp) => {
    const tokens = Math.min(input_tokens[1], settingsFor(fit, tp).maxNumBatchedTokens - concurrency[1]);
    const chunk = { tokens: Math.max(1, tokens), context_tokens: 0, completes: true };
    const rest = { ...chunk, context_tokens: chunk.tokens, completes: false };
    const steps: Omit<PowerExample, 'expected' | 'tensor_parallel'>[] = [
      { decodes: 1, context_tokens, chunks: [] },
      { decodes: concurrency[1], context_tokens, chunks: [] },
      { decodes: 0, context_tokens: 0, chunks: [chunk] },
      { decodes: concurrency[1], context_tokens, chunks: [rest] },
    ];
    return steps.map((step) => {
      const asked = { tensor_parallel: tp, ...step };
      return { ...asked, expected: examplePower(fit, power, asked) };
    });
  });
}
