import type { CellMetrics, CellRecord, Run } from './schema.ts';

const LONGEST_MS = 24 * 3600 * 1e3;
const MOST_PER_S = 1e9;

const LATENCIES = ['ttft_ms', 'tpot_ms', 'e2e_ms', 'icl_ms', 'ttft_vllm_ms', 'tpot_vllm_ms'] as const;
const RATES = [
  ...(['output_tokens_per_s', 'input_tokens_per_s', 'requests_per_s'] as const),
  ...(['whole_run_output_tokens_per_s', 'goodput_requests_per_s'] as const),
];
const AMOUNTS = ['mean_concurrency', 'mean_output_tokens', 'turn_around_ms'] as const;

/**
 * What no measurement can be: a finished cell whose figures contradict physics or each other, or that belongs to no target
 * of its run. One sentence each, metric first.
 */
export function implausible(record: CellRecord, run: Run): string[] {
  const { target, metrics, counts, elapsed_s, verdict } = record;
  const negative = Object.entries({ ...counts, elapsed_s: elapsed_s ?? 0 }).filter(([, value]) => value < 0);
  return [
    ...(run.targets.some(({ name }) => name === target) ? [] : [`the run has no target '${target}'`]),
    ...shapeProblems(record),
    ...negative.map(([name, value]) => `${name} is ${value}`),
    ...(metrics === null && verdict === 'valid' ? ['valid, but without metrics'] : []),
    ...(metrics === null ? [] : metricProblems(metrics)),
  ];
}

function shapeProblems({ cell }: CellRecord): string[] {
  return (['input_tokens', 'output_tokens', 'concurrency'] as const).flatMap((axis) => {
    const value = cell[axis];
    return value !== null && value < 1 ? [`${axis} is ${value}, the least is 1`] : [];
  });
}

function metricProblems(metrics: CellMetrics): string[] {
  const outside = (name: string, value: number | null, most: number): string[] => {
    if (value === null || (value >= 0 && value <= most)) return [];
    return [`${name} is ${value}, ${value < 0 ? 'less than 0' : 'more than can be'}`];
  };
  return [
    ...LATENCIES.flatMap((name) => latencyProblems(name, metrics[name])),
    ...orderProblem(metrics),
    ...RATES.flatMap((name) => outside(name, metrics[name], MOST_PER_S)),
    ...AMOUNTS.flatMap((name) => outside(name, metrics[name], LONGEST_MS)),
  ];
}

function latencyProblems(name: string, statistic: CellMetrics['ttft_ms']): string[] {
  if (statistic === null) return [];
  const { mean, n, standard_deviation, half_width_95, percentiles } = statistic;
  const sorted = [...percentiles].sort((a, b) => a.q - b.q);
  const falls = sorted.some(({ value }, index) => index > 0 && value < sorted[index - 1]!.value);
  const spreads = { standard_deviation, half_width_95 };
  return [
    ...(mean > 0 && mean <= LONGEST_MS
      ? []
      : [`${name} has a mean of ${mean} ms, ${mean > 0 ? 'more than a day' : 'not above 0'}`]),
    ...(n >= 1 ? [] : [`${name} is a mean of ${n} values`]),
    ...Object.entries(spreads).flatMap(([key, value]) =>
      value !== null && value < 0 ? [`${key} of ${name} is ${value}, less than 0`] : [],
    ),
    ...(sorted.some(({ value }) => value < 0) ? [`${name} has a percentile below 0`] : []),
    ...(falls ? [`the percentiles of ${name} fall`] : []),
  ];
}

/** Means over the same requests: the first token cannot come after the last. A hundredth for files that round. */
function orderProblem({ ttft_ms, e2e_ms }: CellMetrics): string[] {
  if (ttft_ms === null || e2e_ms === null || ttft_ms.n !== e2e_ms.n) return [];
  return ttft_ms.mean > e2e_ms.mean * 1.01
    ? [`ttft_ms is ${ttft_ms.mean} ms, longer than e2e_ms with ${e2e_ms.mean} ms`]
    : [];
}
