import type { Unknown } from '../fit/dataset.ts';
import type { Fit } from '../fitfile/schema.ts';
import { formatNumber } from '../report/format.ts';

type Inferred = Fit['inferred'][number];
type Value = Inferred['value'];

const WHAT: Readonly<Record<Unknown, string>> = {
  kv_bytes_per_element: 'KV cache',
  max_num_batched_tokens: 'budget',
  admission: 'admission',
  memory_utilisation: 'memory utilisation',
  burst_order: 'requests of a burst arrive',
  seat_margin: 'seats',
  planning: 'steps planned',
};

const VALUE: Readonly<Record<Unknown, (value: Value) => string>> = {
  kv_bytes_per_element: (value) => `${value} ${value === 1 ? 'byte' : 'bytes'}`,
  max_num_batched_tokens: String,
  admission: (value) => (value === 'reserved' ? 'whole request reserved' : 'on demand'),
  memory_utilisation: (value) => `${formatNumber(Number(value) * 100)} %`,
  burst_order: (value) => (value === 'in_turn' ? 'in turn' : 'together'),
  seat_margin: (value) => (value === 0 ? 'one a stream' : `streams - ${Math.abs(Number(value))}`),
  planning: (value) => (value === 'a_step_ahead' ? 'a step ahead' : 'as they begin'),
};

/** `KV cache 1 byte (2 bytes costs 1.9 x), budget 8192 (undecided: 4096 fits as well)`; null where nothing was inferred. */
export function inferredText({ inferred }: Pick<Fit, 'inferred'>): string | null {
  return inferred.length === 0 ? null : `inferred: ${inferred.map(answer).join(', ')}`;
}

function answer({ name, value, tried, decided }: Inferred): string {
  const text = VALUE[name];
  const rivals = tried.filter((other) => other.value !== value);
  const next = rivals.reduce((a, b) => (b.cost_ratio < a.cost_ratio ? b : a), rivals[0]!);
  const evidence = `${text(next.value)} ${decided ? `costs ${formatNumber(next.cost_ratio, 2)} x` : 'fits as well'}`;
  return `${WHAT[name]} ${text(value)} (${decided ? '' : 'undecided: '}${evidence})`;
}
