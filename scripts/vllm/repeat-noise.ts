import type { CellRecord } from '../../src/run/schema.ts';

/** How far repeats of one cell lie apart: what no model of their shape can be better than. */
export interface RepeatNoise {
  readonly shape: string;
  readonly repeats: number;
  /** Greatest over least, less 1. */
  readonly ttft_spread: number;
  /** Null where a request has one output token. */
  readonly tpot_spread: number | null;
}

/** Spread of the means over the repeats of each cell that was measured more than once and not rejected. */
export function repeatNoise(cells: readonly CellRecord[]): RepeatNoise[] {
  const usable = cells.filter((record) => record.metrics !== null && record.verdict !== 'invalid');
  const groups = Map.groupBy(
    usable,
    ({ cell }) => `${cell.input_tokens}/${cell.output_tokens} C${cell.concurrency}`,
  );
  return [...groups]
    .filter(([, group]) => group.length > 1)
    .map(([shape, group]) => ({
      shape,
      repeats: group.length,
      ttft_spread: spread(group.map(({ metrics }) => metrics!.ttft_ms?.mean)) ?? 0,
      tpot_spread: spread(group.map(({ metrics }) => metrics!.tpot_ms?.mean)),
    }));
}

function spread(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  return known.length < 2 ? null : Math.max(...known) / Math.min(...known) - 1;
}

const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(1)} %`);

/** One line a repeated cell: no error of a prediction means anything below these. */
export const noiseLines = (noise: readonly RepeatNoise[]): string[] =>
  noise.map(
    ({ shape, repeats, ttft_spread, tpot_spread }) =>
      `noise, ${shape}: ${repeats} repeats lie within ${percent(ttft_spread)} in TTFT, ${percent(tpot_spread)} in TPOT`,
  );
