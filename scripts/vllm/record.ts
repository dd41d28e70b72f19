import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { MetricsSnapshot } from '../../src/endpoint/metrics-snapshot.ts';
import type { HistogramTotals } from '../../src/endpoint/prometheus.ts';
import { EXIT } from '../../src/errors.ts';
import type { EngineSteps } from '../../src/measure/steps/step-columns.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { endpointFailed } from '../../src/run/lane.ts';
import { readRequests, readRun, readSteps } from '../../src/run/read-run.ts';
import type { CellRecord, Run } from '../../src/run/schema.ts';

/** A finished cell with its raw data. */
export interface CellData {
  readonly record: CellRecord;
  readonly timelines: readonly RequestTimeline[];
  readonly steps: EngineSteps | null;
  readonly label: string;
  /** What the server counted from before the probe to after the last aborted filler. */
  readonly server: ServerCounters;
}

/** Differences of the server's counters over a whole cell. */
export interface ServerCounters {
  readonly generation_tokens: number;
  readonly prompt_tokens: number;
  readonly prefix_cache_hits: number;
  readonly prefix_cache_queries: number;
  readonly preemptions: number;
  readonly ttft_s: HistogramTotals;
  readonly tpot_s: HistogramTotals;
}

/** A run as it lies on disk. */
export interface RunData {
  readonly run: Run;
  readonly cells: readonly CellData[];
}

export const labelOf = ({ cell }: CellRecord): string =>
  `${cell.input_tokens}/${cell.output_tokens} C${cell.concurrency}` +
  (cell.anchor === null ? '' : ` (${cell.anchor})`) +
  (cell.repeat > 0 ? ` #${cell.repeat}` : '');

export async function readRunData(folder: string): Promise<RunData> {
  const { run, records: all } = await readRun(folder);
  // A cell that lost its server has no counters after it.
  const records = all.filter((record) => !endpointFailed(record));
  const data = await Promise.all(
    records.map(async (record) => ({
      record,
      timelines: await readRequests(folder, record),
      steps: await readSteps(folder, record),
      label: labelOf(record),
      server: await readCounters(folder, record),
    })),
  );
  return { run, cells: data };
}

async function readCounters(folder: string, { requests_file }: CellRecord): Promise<ServerCounters> {
  const name = basename(requests_file ?? '', '.jsonl.gz');
  const text = await readFile(join(folder, 'server', `${name}.json`), 'utf8');
  const { before, after } = JSON.parse(text) as Record<'before' | 'after', MetricsSnapshot>;
  const count = (key: keyof MetricsSnapshot) => Number(after[key]) - Number(before[key]);
  const histogram = (key: 'ttft_s' | 'tpot_s') => ({
    sum: after[key]!.sum - before[key]!.sum,
    count: after[key]!.count - before[key]!.count,
  });
  return {
    generation_tokens: count('generation_tokens'),
    prompt_tokens: count('prompt_tokens'),
    prefix_cache_hits: count('prefix_cache_hits'),
    prefix_cache_queries: count('prefix_cache_queries'),
    preemptions: count('preemptions'),
    ttft_s: histogram('ttft_s'),
    tpot_s: histogram('tpot_s'),
  };
}

/** Lines of `cells.jsonl` as they are on disk, torn last line left out. */
export async function finishedLines(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'cells.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1);
}

/** A busy host may flag every cell by itself; then a run in which all was measured exits with 1. A drift does not. */
export const exitCodeOf = (cells: readonly CellRecord[]): number =>
  cells.some(({ reasons }) => reasons.every(({ code, effect }) => effect === 'note' || code === 'drift'))
    ? EXIT.done
    : EXIT.refused;

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;
export const tokensOf = (timeline: RequestTimeline): number => sum(timeline.chunks.tokens);

/** Whether the client was too late for its own stamps: it shares the cores with the server. */
export const isClientBound = ({ reasons }: Pick<CellRecord, 'reasons'>): boolean =>
  reasons.some(({ code }) => code === 'client_bound');
