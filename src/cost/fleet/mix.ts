import { z } from 'zod';
import { childSeed, createRandom } from '../../stats/random.ts';
import type { TraceColumns } from '../../suite/trace.ts';

const positive = z.number().positive();
const whole = z.int().min(1);

/** Traffic in phases, each with its own mix: a trace where none was recorded. */
export const mixSchema = z.strictObject({
  seed: z.int().min(0).default(1),
  phases: z
    .array(
      z.strictObject({
        seconds: positive,
        rate_per_s: positive.describe('Poisson arrivals.'),
        input: whole.describe('Mean prompt tokens.'),
        output: whole.describe('Mean output tokens.'),
        jitter: z
          .number()
          .min(0)
          .max(0.9)
          .default(0.5)
          .describe('Lengths are uniform in mean x (1 ± jitter).'),
      }),
    )
    .min(1),
});

export type Mix = z.infer<typeof mixSchema>;

/** Draws the requests of a mix: the same seed gives the same requests. */
export function drawMix({ seed, phases }: Mix): TraceColumns {
  const columns = { at_s: [] as number[], input_tokens: [] as number[], output_tokens: [] as number[] };
  let start = 0;
  for (const [index, { seconds, rate_per_s, input, output, jitter }] of phases.entries()) {
    const random = createRandom(childSeed(seed, index));
    const gap = (): number => -Math.log1p(-random.uniform()) / rate_per_s;
    const length = (mean: number): number =>
      Math.max(1, Math.round(mean * (1 + jitter * (2 * random.uniform() - 1))));
    for (let at = start + gap(); at < start + seconds; at += gap()) {
      columns.at_s.push(at);
      columns.input_tokens.push(length(input));
      columns.output_tokens.push(length(output));
    }
    start += seconds;
  }
  return columns;
}
