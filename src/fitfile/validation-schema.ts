import { z } from 'zod';
import { METRIC_KEYS } from '../fit/predictive.ts';

const number = z.number();
const nullableNumber = z.number().nullable();
const metricKey = z.enum(METRIC_KEYS);

const summarySchema = z
  .object({
    n: z.int(),
    mape: number,
    median_ape: number,
    p90_ape: number,
    bias: number,
    coverage_90: number,
  })
  .describe('Percent.');
const summariesSchema = z.partialRecord(metricKey, summarySchema);
/** By serving model. */
const predictorSummaries = z.object({ scheduler: summariesSchema, closed_form: summariesSchema });

const cellErrorSchema = z.object({
  target: z.string(),
  tensor_parallel: z.int(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  concurrency: z.int(),
  metric: metricKey,
  measured: number,
  /** Half-width of the measurement's own 90 % interval, in percent of it. */
  measured_half_width_90_percent: number,
  predicted: number,
  interval_90: z.tuple([number, number]),
  error_percent: number,
});

const baselineSchema = z.object({
  name: z.string(),
  form: z.string(),
  metric: z.enum(['ttft_ms', 'tpot_ms']),
  n: z.int(),
  refused: z.int().describe('Cells that it has no answer for.'),
  mape: nullableNumber,
  median_ape: nullableNumber,
  fitted_numbers: z.int(),
  fit_mape: nullableNumber.describe('Mean absolute error of the fit on the cells that it answered.'),
  wins: z.boolean().describe('Whether its mean error is below that of the fit on those cells.'),
});
const baselines = z.array(baselineSchema);

/** How well a fit predicts, and simpler models beside it on the very same cells. */
export const validationSchema = z.object({
  in_sample: z.object({ errors: predictorSummaries, baselines }),
  hold_out: z
    .object({ errors: predictorSummaries, baselines, cells: z.array(cellErrorSchema) })
    .nullable()
    .describe('Cells that were kept from the fit; `cells` by the scheduler.'),
  blocked: z.array(
    z
      .object({
        kind: z.enum(['shape', 'tp', 'load']),
        blocks: z.int(),
        refused: z.array(z.object({ name: z.string(), reason: z.string() })),
        errors: predictorSummaries,
        baselines,
      })
      .describe(
        'Every shape, every tensor parallel size and the highest load left out in turn and predicted by a fit that learnt nothing from it; a part whose training cells cannot tell what it asks is refused.',
      ),
  ),
  noise_floor: z
    .object({ ttft_ms: nullableNumber, tpot_ms: nullableNumber })
    .describe('Median standard error of the measured values, percent: no model can do better.'),
});
