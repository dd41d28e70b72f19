import { z } from 'zod';

const number = z.number();
const nullableNumber = z.number().nullable();
const interval = z.tuple([number, number]);

const priorSchema = z
  .object({ centre: number, log_sd: number, lower: number, upper: number })
  .describe('Log-normal: centre in the unit of the parameter, log_sd of its natural logarithm; hard bounds.');

export const parameterSchema = z.object({
  value: number,
  unit: z.string(),
  /** Null where the data give none: at a bound, or not in the data. */
  standard_error: nullableNumber,
  /** The wider of the covariance's and the bootstrap's, within the prior's bounds. */
  interval_90: interval.nullable(),
  /** Of the cluster bootstrap alone; null where there was none. */
  bootstrap_90: interval.nullable(),
  prior: priorSchema,
  at_bound: z.boolean(),
  prior_dominated: z.boolean(),
  /** No cell of the runs depends on it; the value is the prior's centre. */
  not_in_data: z.boolean(),
  efficiency: z
    .object({ value: number, of: number, published: z.boolean(), above_one: z.boolean() })
    .nullable()
    .describe('Value over the spec sheet peak `of`; `published` false where a ratio rule filled the peak.'),
  advice: z.string().nullable().describe('The cell that would identify it, where the data do not.'),
});

export type FitParameter = z.infer<typeof parameterSchema>;
