import { refusal } from '../../../src/fit/blocks.ts';
import { withChoice } from '../../../src/fit/dataset.ts';
import type { Observation } from '../../../src/fit/observations.ts';
import { learnTails } from '../../../src/fit/tails/learn-tails.ts';
import { summariseTails, type TailError, tailErrors } from '../../../src/fit/tails/tail-errors.ts';
import type { TailKey } from '../../../src/fit/tails/tail-keys.ts';
import { renderTable } from '../../../src/report/text-table.ts';
import type { Bench } from '../bench.ts';
import type { AccuracyRow } from '../rows.ts';
import { hasLoad, isShape, type Named } from './block.ts';
import { AGG_GPT_OSS_B200_OLD, AGG_GPT_OSS_H100_OLD, INFERENCEX_SETS, R1_MI355X_FP4_OLD } from './sets.ts';

export const TAILS_CODE = 'T1';
/** Every image of every device, engine, model and precision. */
const SETS: readonly Named[] = [
  ...INFERENCEX_SETS,
  ...[AGG_GPT_OSS_H100_OLD, AGG_GPT_OSS_B200_OLD, R1_MI355X_FP4_OLD],
];
/** Of the median error, percent. */
type Targets = Readonly<Partial<Record<TailKey, number>>>;
const TARGETS: Targets = { ttft_p99_ms: 15, tbt_p99_ms: 15 };
const KEYS: readonly TailKey[] = [
  ...(['ttft_p50_ms', 'ttft_p99_ms', 'tpot_p50_ms', 'tpot_p99_ms', 'tbt_p50_ms', 'tbt_p99_ms'] as const),
];

/** As of block I1: everything is learnt from three loads of two shapes. */
const isTrained = (one: Observation): boolean =>
  isShape('1024/1024', '8192/1024')(one) && hasLoad(4, 16, 64)(one);

/**
 * Percentiles of InferenceX rows that the fit did not see: other loads and the shape of long outputs. Parameters, traits and
 * intervals are learnt from the training rows alone. Gaps between tokens where chunks carry one. By the scheduler; all sets together
 * also in closed form.
 */
export function tailRows(bench: Bench, told: (row: AccuracyRow) => void): AccuracyRow[] {
  const each = SETS.map(({ name, data }) => ({ name, ...errorsOf(bench, data()) }));
  const pooled = (
    of: string,
    errors: (one: SetErrors) => readonly TailError[],
    targets: Targets,
  ): AccuracyRow[] => rowsOf(`all ${SETS.length}, ${of}`, each.flatMap(errors), null, targets);
  const rows = each.flatMap(({ name, errors, refused }) => {
    const own = rowsOf(name, errors, refused, {});
    own.forEach(told);
    return own;
  });
  const all = [
    ...pooled('unseen rows', ({ errors }) => errors, TARGETS),
    ...pooled('closed form', ({ closed }) => closed, TARGETS),
  ];
  all.forEach(told);
  return [...rows, ...all];
}

interface SetErrors {
  /** By the scheduler. */
  readonly errors: readonly TailError[];
  /** Of the same rows by the closed form. */
  readonly closed: readonly TailError[];
  readonly refused: string | null;
}

function errorsOf(bench: Bench, dataset: ReturnType<Named['data']>): SetErrors {
  const training = dataset.observations.filter(isTrained);
  const testing = dataset.observations.filter((one) => !isTrained(one));
  const refused = testing.length === 0 ? 'no cell to predict' : refusal(training, testing);
  if (refused !== null) return { errors: [], closed: [], refused };
  const { answered, choices, model } = bench.fit(dataset, training);
  const asked = withChoice({ ...answered, observations: testing }, choices.choice).observations;
  const learnt = { ...model, tails: learnTails(model, answered) };
  return { errors: tailErrors(learnt, asked), closed: tailErrors(learnt, asked, 'closed_form'), refused };
}

function rowsOf(
  name: string,
  errors: readonly TailError[],
  refused: string | null,
  targets: Targets,
): AccuracyRow[] {
  const summaries = summariseTails(errors);
  const none = { n: 0, mape: null, median_ape: null, p90_ape: null, bias: null, coverage_90: null };
  return KEYS.flatMap((metric): AccuracyRow[] => {
    const summary = summaries[metric];
    if (!summary && refused === null) return [];
    const block = `${TAILS_CODE} ${name}`;
    return [{ block, metric, ...(summary ?? none), target: targets[metric] ?? null, refused }];
  });
}

/** Targets hold the median error. */
export function tailVerdict({ refused, target, median_ape }: AccuracyRow): string {
  if (refused !== null) return `refused: ${refused}`;
  if (target === null || median_ape === null) return '';
  const over = Number(median_ape.toFixed(1)) - target;
  return over > 0.049 ? `missed by ${over.toFixed(1)}` : 'reached';
}

const one = (value: number | null): string => (value === null ? '-' : value.toFixed(1));

export const tailLine = (row: AccuracyRow): string =>
  `${row.block}  ${row.metric}  n ${row.n}  median ${one(row.median_ape)}  MAPE ${one(row.mape)}  bias ${one(row.bias)}  ${tailVerdict(row)}`;

export const tailTable = (rows: readonly AccuracyRow[]): string =>
  renderTable({
    columns: [
      { title: 'tails' },
      { title: 'percentile' },
      ...['n', 'median', 'MAPE', 'p90', 'bias', 'coverage', 'target'].map((title) => ({
        title,
        align: 'right' as const,
      })),
      { title: 'verdict, of the median' },
    ],
    rows: rows.map((row) => [
      row.block,
      row.metric.replace(/_ms$/, ''),
      String(row.n),
      ...[row.median_ape, row.mape, row.p90_ape, row.bias, row.coverage_90].map(one),
      row.target === null ? '-' : String(row.target),
      tailVerdict(row),
    ]),
  });
