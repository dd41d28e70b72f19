import type { CellRecord } from './schema.ts';

/** Different cells among records: repeats are one cell, on each target. */
export const distinctCells = (records: readonly CellRecord[]): number =>
  new Set(
    records.map(({ target, cell }) => {
      const { kind, input_tokens, output_tokens, concurrency, arrivals, kv_fill } = cell;
      return JSON.stringify([target, kind, input_tokens, output_tokens, concurrency, arrivals, kv_fill]);
    }),
  ).size;
