import { z } from 'zod';
import { PREDICTORS } from '../fit/cell-model.ts';
import { UNKNOWNS } from '../fit/dataset.ts';
import { OBJECTIVES } from '../fit/objective.ts';

const number = z.number();

/** What a serving model misses. This file: what a fit learnt beside its parameters, and how it was made. */
export const predictorSchema = z.object({
  /** Relative standard deviations of what the model misses, and factors on the known noise where the predictor is exact. */
  noise: z.object({
    misfit: z.object({ ttft: number, tpot: number }),
    exact_scale: z.object({ ttft: number, tpot: number }),
  }),
  interval_factors: z
    .object({ ttft: number, tpot: number })
    .describe(
      'Half-width of a 90 % interval in standard deviations, from cells left out in blocks (split conformal).',
    ),
});

export const residualTableSchema = z.object({
  buckets: z.array(
    z.object({
      tensor_parallel: z.int(),
      least: z.int(),
      most: z.int(),
      ratio: number,
      cells: z.int(),
    }),
  ),
  unseen_mape: z
    .object({ without: number, with: number })
    .describe('Mean absolute error on TPOT of each shape left out, percent.'),
});

export const inferredSchema = z.object({
  name: z.enum(UNKNOWNS),
  value: z.union([number, z.string()]),
  tried: z.array(z.object({ value: z.union([number, z.string()]), cost_ratio: number })),
  decided: z
    .boolean()
    .describe(
      'Whether the second best answer costs at least 10 % more, and more where cells are so few that one of several answers would by chance.',
    ),
});

export const bootstrapSchema = z
  .object({
    method: z.enum(['linearised', 'refits']),
    replicates: z.int(),
    clusters: z.int(),
    checked: z.int(),
    largest_disagreement: number,
  })
  .nullable()
  .describe(
    'Cluster bootstrap over (shape, tensor parallel size): replicates are re-weighted linear steps while `checked` full refits agree with them (mean difference over the interval width), else full refits.',
  );

export const searchSchema = z.object({
  predictor: z.enum(PREDICTORS),
  starts: z.int(),
  agreeing_starts: z.int(),
  converged: z.boolean(),
  seed: z.int(),
  objective: z
    .enum(OBJECTIVES)
    .describe('The latency whose numbers counted more than once; balanced: both alike.'),
});

export const selectionSchema = z
  .object({ only: z.array(z.string()), hold_out: z.array(z.string()) })
  .describe(
    'Rules AXIS=VALUE|VALUE by which cells were chosen, and kept from the fit; none: all, and those of the suite.',
  );
