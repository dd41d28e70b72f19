import type { Driving } from '../roofline/driving.ts';
import type { Statistic } from '../run/schema.ts';
import { median } from '../stats/sorted.ts';
import { engineName, versionFromImage } from './engine-names.ts';
import { type Candidate, type MeasuredRow, meanShare, statisticOf } from './measured-row.ts';
import { type CleaningRule, pipelineParallel, rowRule } from './rules.ts';
import {
  optionalNumber,
  optionalText,
  positive,
  RowProblem,
  type SourceRow,
  text,
  whole,
} from './source-row.ts';

/** Every stream sends ten requests, all streams start at once, and lengths are uniform in 0.8 to 1 of the nominal ones. */
export const INFERENCEX_REQUESTS_PER_STREAM = 10;
export const INFERENCEX_JITTER = [0.8, 1] as const;

const MS_PER_S = 1000;

/**
 * Reads one aggregate row of InferenceX (`agg_*.json`, or the same as CSV): seconds, tokens/s per device, nominal lengths.
 * @throws RowProblem
 */
export function readInferenceXRow(source: SourceRow, statistic: 'mean' | 'median'): MeasuredRow {
  if (isTrue(source, 'disagg')) throw new RowProblem('prefill and decode are on separate devices (disagg)');
  const framework = text(source, 'framework');
  const tensorParallel = whole(source, 'tp');
  const concurrency = whole(source, 'conc');
  const outputTokens = whole(source, 'osl');
  const requests = INFERENCEX_REQUESTS_PER_STREAM * concurrency;
  const driving: Driving = {
    kind: 'burst',
    requests_per_stream: INFERENCEX_REQUESTS_PER_STREAM,
    input_jitter: INFERENCEX_JITTER,
    output_jitter: INFERENCEX_JITTER,
    statistic,
  };
  const latency = (name: string): Statistic | null =>
    statisticOf(
      {
        mean: optionalNumber(source, `mean_${name}`),
        standardDeviation: optionalNumber(source, `std_${name}`),
        p50: optionalNumber(source, `median_${name}`),
        p99: optionalNumber(source, `p99_${name}`),
      },
      MS_PER_S,
      requests,
    );
  const perDevice = (column: string): number | null => {
    const rate = optionalNumber(source, column);
    return rate === null ? null : rate * tensorParallel;
  };
  positive(source, 'mean_ttft');
  positive(source, 'mean_tpot');
  return {
    line: source.line,
    accelerator: text(source, 'hw'),
    model: text(source, 'model'),
    precision: text(source, 'precision').toLowerCase(),
    engine: {
      name: engineName(framework),
      version: versionFromImage(optionalText(source, 'image') ?? '', framework),
    },
    tensorParallel,
    expertParallel: optionalNumber(source, 'ep') === null ? null : whole(source, 'ep'),
    pipelineParallel: optionalNumber(source, 'pp') ?? 1,
    inputTokens: whole(source, 'isl'),
    outputTokens,
    meanOutputTokens: outputTokens * meanShare(INFERENCEX_JITTER),
    concurrency,
    driving,
    requests,
    startedAt: null,
    order: optionalNumber(source, 'run') ?? 0,
    ttftMs: latency('ttft'),
    tpotMs: latency('tpot'),
    e2eMs: latency('e2el'),
    // Gaps between chunks: several tokens long in some engines.
    chunkGapMs: latency('itl'),
    outputTokensPerS: perDevice('output_tput_per_gpu'),
    inputTokensPerS: perDevice('input_tput_per_gpu'),
  };
}

const isTrue = (source: SourceRow, column: string): boolean =>
  optionalText(source, column)?.toLowerCase() === 'true';

export const INFERENCEX_COLUMNS = [
  ...['hw', 'model', 'framework', 'precision', 'isl', 'osl', 'tp', 'conc'],
  ...['mean_ttft', 'mean_tpot'],
] as const;

const STALL_RATIO = 10;

/** Compiling inside a request shows in the slowest percent of TTFT, while the median of the same cell stays. */
const compileStall: CleaningRule = {
  name: 'compile-stall',
  why: `p99 of TTFT is above ${STALL_RATIO} x the median p99 of the other repeats of the cell`,
  find: (candidates) =>
    [...Map.groupBy(candidates, ({ row }) => cellOf(row)).values()].flatMap((repeats) =>
      repeats.filter((one) => {
        const own = p99Of(one);
        const others = repeats
          .filter((other) => other !== one)
          .map(p99Of)
          .filter((value) => value !== null);
        return own !== null && others.length > 0 && own > STALL_RATIO * median(others)!;
      }),
    ),
};

const cellOf = (row: MeasuredRow): string =>
  JSON.stringify([
    row.accelerator,
    row.model,
    row.precision,
    row.engine,
    row.tensorParallel,
    row.expertParallel,
    row.inputTokens,
    row.outputTokens,
    row.concurrency,
  ]);

const p99Of = ({ row }: Candidate): number | null =>
  row.ttftMs?.percentiles.find(({ q }) => q === 0.99)?.value ?? null;

export const INFERENCEX_RULES: readonly CleaningRule[] = [
  rowRule('attention-dp', 'attention is data parallel: one TP size does not describe it', (_, source) =>
    isTrue(source, 'dp_attention'),
  ),
  pipelineParallel,
  rowRule(
    'speculative-decoding',
    'several tokens a step: a step model without it does not apply',
    (_, source) => (optionalText(source, 'spec_decoding') ?? 'none') !== 'none',
  ),
  compileStall,
];
