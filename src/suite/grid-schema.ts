import { z } from 'zod';
import { oneOrMore } from './one-or-more.ts';

const tokens = z.int().min(1).max(10_000_000);

/**
 * What a cell measures. `load`: requests as users send them, prompts and answers mixed. `prefill`: one output token.
 * `decode`: a batch released together, only the steps in which all of it decodes. `disaggregated`: prompts on one server,
 * answers from another. `cached`: as `load`, with prompts that begin alike and find that beginning in the prefix cache.
 * `speculative`: as `load`, on a server that must propose tokens.
 */
export const CELL_KINDS = ['load', 'prefill', 'decode', 'disaggregated', 'cached', 'speculative'] as const;
export type CellKind = (typeof CELL_KINDS)[number];

/** How requests of an open loop arrive: evenly, at random, or with gamma distributed gaps. */
export const ARRIVAL_PROCESSES = ['poisson', 'constant', 'gamma'] as const;
/** A longer trace is cut by `max_requests`. */
export const MOST_TRACE_REQUESTS = 200_000;

/** An open loop whose arrivals are drawn, see `load/arrivals.ts`. */
const rateLoadSchema = z
  .strictObject({
    rate_per_s: oneOrMore(z.number().min(0.001).max(100_000)),
    arrivals: z.enum(ARRIVAL_PROCESSES).default('poisson'),
    burstiness: z.number().min(0.01).max(1000).optional(),
  })
  .refine(({ arrivals, burstiness }) => (arrivals === 'gamma') === (burstiness !== undefined), {
    message: 'burstiness goes with arrivals: gamma, and gamma needs it (1 is poisson, smaller is burstier)',
    path: ['burstiness'],
  });

export const loadSchema = z
  .union([
    z.strictObject({ concurrency: oneOrMore(z.int().min(1).max(100_000)) }),
    z.strictObject({ kv_fill: oneOrMore(z.number().min(0.05).max(4)) }),
    rateLoadSchema,
  ])
  .describe(
    'concurrency: streams in a closed loop. kv_fill: the concurrency that fills this share of the KV cache; 1 and more is a declared saturated cell. rate_per_s: an open loop, requests arrive at this rate whatever the server does (arrivals: poisson, constant, or gamma with its burstiness).',
  );

export const gridBlockSchema = z.strictObject({
  kind: z
    .enum(CELL_KINDS)
    .optional()
    .describe(
      'What the cells measure; default load. prefill: one output token. decode: a batch released together, only the steps in which all of it decodes. disaggregated: prompts on one server, answers from another (targets with `prefill`). cached: as load, with prompts that share their first cached_input tokens, which are in the prefix cache. speculative: as load, on a server that proposes tokens.',
    ),
  input: oneOrMore(tokens).describe('Input lengths in tokens.'),
  cached_input: oneOrMore(tokens)
    .optional()
    .describe(
      'Of cached cells: tokens at the beginning of every prompt that the prefix cache holds; multiples of the KV block (16), shorter than every input.',
    ),
  output: oneOrMore(tokens).describe('Output lengths in tokens.'),
  load: loadSchema,
  repeats: z.int().min(1).max(100).optional().describe('Repeats of these cells; overrides the suite.'),
  anchor: z
    .boolean()
    .default(false)
    .describe('Measured at the start and again at the end of the run: shows drift.'),
  hold_out: z.boolean().default(false).describe('Measured, but kept from the fit and predicted by it.'),
  tensor_parallel: oneOrMore(z.int().min(1))
    .optional()
    .describe('Measured on targets of these tensor parallel sizes alone; default: on all.'),
});

/** A block whose cells replay a file of arrivals. */
export const traceBlockSchema = gridBlockSchema
  .pick({ repeats: true, hold_out: true, tensor_parallel: true })
  .extend({
    load: z
      .strictObject({
        trace: z
          .string()
          .min(1)
          .describe('CSV file with columns timestamp, input_tokens, output_tokens; relative to this suite.'),
        speed: oneOrMore(z.number().min(0.001).max(1000))
          .default([1])
          .describe('How many times as fast as it was recorded; a cell each.'),
        max_requests: z
          .int()
          .min(2)
          .max(MOST_TRACE_REQUESTS)
          .optional()
          .describe('Only the first so many requests.'),
      })
      .describe(
        'An open loop that replays the arrivals of a file; every request has its own lengths. It ends with the file: the stop rule does not apply.',
      ),
  });

export type GridBlock = z.infer<typeof gridBlockSchema>;
export type TraceBlock = z.infer<typeof traceBlockSchema>;
