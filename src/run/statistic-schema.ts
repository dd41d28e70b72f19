import { z } from 'zod';

const nullableNumber = z.number().nullable();

/** Mean, spread and percentiles of one metric over the requests of a cell. Percentiles below their sample floor are absent. */
export const statisticSchema = z.object({
  n: z.int(),
  mean: z.number(),
  /** Null: an imported file that does not say it. */
  standard_deviation: nullableNumber,
  /** Half-width of the 95 % interval of the mean. */
  half_width_95: nullableNumber,
  percentiles: z.array(z.object({ q: z.number(), value: z.number() })),
});

export type Statistic = z.infer<typeof statisticSchema>;
