import { z } from 'zod';
import { POWER_PARAMETER_NAMES } from '../fit/power/parameters.ts';
import type { PowerParameters } from '../roofline/power.ts';

const number = z.number();
const nullableNumber = z.number().nullable();
const parameterName = z.enum(POWER_PARAMETER_NAMES);
const errors = z.object({ n: z.int(), mape: number, bias: number }).describe('Percent.');

const powerParameterSchema = z.object({
  value: number,
  unit: z.string(),
  /** Of its natural logarithm; null where no cell depends on it. */
  log_standard_error: nullableNumber,
  interval_90: z.tuple([number, number]).nullable(),
  prior: z.object({ centre: number, log_sd: number }),
  prior_dominated: z.boolean(),
  not_in_data: z.boolean(),
});

/** Power of one device: min(limit, idle + energies x work / time) over the steps, see `fits/README.md`. */
export const powerSectionSchema = z
  .object({
    parameters: z.record(parameterName, powerParameterSchema),
    covariance: z
      .object({ names: z.array(parameterName), matrix: z.array(z.array(number)) })
      .describe('Of the natural logarithms.'),
    confounded: z.array(
      z.object({ parameters: z.tuple([parameterName, parameterName]), correlation: number }),
    ),
    unknown_prompt_lengths: z
      .object({
        by_task: z.array(
          z.object({
            task: z.string(),
            input_tokens: z.int(),
            as_good: z.tuple([z.int(), z.int()]).describe('Lengths that fit the cells as well.'),
          }),
        ),
        confounded_with: z.literal('energy_per_flop_j'),
        energy_per_flop_j_at_half: number.describe('With prompts half as long.'),
        energy_per_flop_j_at_double: number.describe('With prompts twice as long.'),
      })
      .optional()
      .describe(
        'Lengths that no row recorded, fitted with the power: nuisance parameters. Absent: there are none.',
      ),
    /** Relative standard deviation of what the model misses. */
    misfit: number,
    interval_factor: number.describe('Half-width of a 90 % interval in standard deviations.'),
    limit_w: nullableNumber.describe('Power limit of one device that no step exceeds; null: none is known.'),
    /** Of one device, engine loaded and no request; null: not measured, then `idle_power_w` is fitted. */
    measured_idle_power_w: nullableNumber,
    sources: z.array(z.object({ source: z.string(), scope: z.string(), averaging: z.string() })),
    validation: z.object({
      in_sample: errors,
      blocked: z.array(
        z.object({
          kind: z.enum(['shape', 'tp', 'load']),
          refused: z.array(z.object({ name: z.string(), reason: z.string() })),
          errors: errors.nullable(),
          coverage_90: nullableNumber,
          baselines: z.array(z.object({ name: z.string(), errors: errors.nullable(), wins: z.boolean() })),
        }),
      ),
    }),
    /** Engine steps with the power that follows from this file, so that readers can check their own programs. */
    examples: z
      .array(
        z.object({
          tensor_parallel: z.int(),
          decodes: number,
          context_tokens: number,
          chunks: z.array(z.object({ tokens: number, context_tokens: number, completes: z.boolean() })),
          expected: z.object({ step_ms: number, power_w: number }),
        }),
      )
      .optional(),
    residuals: z.array(
      z.object({
        target: z.string(),
        input_tokens: z.int(),
        output_tokens: z.int(),
        concurrency: z.int(),
        measured_w: nullableNumber,
        log_residual: number,
        weight: number,
      }),
    ),
  })
  .describe('Of one device; a server draws as much times its devices.');

export type PowerSection = z.infer<typeof powerSectionSchema>;

export const powerParametersOf = ({ parameters }: Pick<PowerSection, 'parameters'>): PowerParameters =>
  Object.fromEntries(
    POWER_PARAMETER_NAMES.map((name) => [name, parameters[name].value]),
  ) as unknown as PowerParameters;
