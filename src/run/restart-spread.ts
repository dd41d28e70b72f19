import type { CellRecord, RestartSpread, Statistic } from './schema.ts';

type Metric = 'ttft_ms' | 'tpot_ms';

/** One anchor's mean of a metric over one start of the server. */
interface StartMean {
  readonly log_mean: number;
  /** Relative standard error; null where a figure has none. */
  readonly error: number | null;
}

/**
 * How far a target's anchors lie apart between starts of its server: the standard deviation of the logarithms of their
 * means, n - 1, pooled over the anchors. A fit cannot be better than this on a server that is started anew.
 * @returns null with fewer than two starts of any anchor
 */
export function restartSpread(target: string, records: readonly CellRecord[]): RestartSpread | null {
  const usable = records.filter(
    ({ target: name, cell, metrics, verdict }) =>
      name === target && cell.anchor !== null && metrics !== null && verdict !== 'invalid',
  );
  const anchors = [...Map.groupBy(usable, shapeOf).values()].filter((group) => startsOf(group).size >= 2);
  if (anchors.length === 0) return null;
  return {
    target,
    starts: new Set(anchors.flatMap((group) => [...startsOf(group).keys()])).size,
    anchors: anchors.length,
    ttft: spreadOf(anchors, 'ttft_ms'),
    tpot: spreadOf(anchors, 'tpot_ms'),
    output_tokens_per_s: throughputSpread(anchors),
  };
}

/** Shape and load, whenever it was measured. */
const shapeOf = ({ cell }: CellRecord): string => {
  const { repeat: _, anchor: __, restart: ___, hold_out: ____, ...shape } = cell;
  return JSON.stringify(shape);
};

const startsOf = (group: readonly CellRecord[]): Map<number, CellRecord[]> =>
  Map.groupBy(group, ({ cell }) => cell.restart ?? 0);

function spreadOf(anchors: readonly CellRecord[][], metric: Metric): RestartSpread['ttft'] {
  const means = anchors.map((group) =>
    [...startsOf(group).values()].flatMap((cells) => startMean(cells.map(({ metrics }) => metrics![metric]))),
  );
  const between = pooledDeviation(means.map((each) => each.map(({ log_mean }) => log_mean)));
  if (between === null) return null;
  const errors = means.flat().flatMap(({ error }) => (error === null ? [] : [error]));
  return { between_starts_percent: 100 * between, sampling_percent: 100 * rootMeanSquare(errors) };
}

function startMean(statistics: readonly (Statistic | null)[]): StartMean[] {
  const known = statistics.filter((each) => each !== null && each.mean > 0) as Statistic[];
  if (known.length === 0) return [];
  const errors = known.flatMap(({ half_width_95, mean }) =>
    half_width_95 === null ? [] : [half_width_95 / 1.96 / mean],
  );
  const log_mean = average(known.map(({ mean }) => Math.log(mean)));
  return [{ log_mean, error: errors.length > 0 ? rootMeanSquare(errors) / Math.sqrt(errors.length) : null }];
}

function throughputSpread(anchors: readonly CellRecord[][]): RestartSpread['output_tokens_per_s'] {
  const between = pooledDeviation(
    anchors.map((group) =>
      [...startsOf(group).values()].flatMap((cells) => {
        const rates = cells.flatMap(({ metrics }) => metrics!.output_tokens_per_s || []);
        return rates.length > 0 ? [average(rates.map(Math.log))] : [];
      }),
    ),
  );
  return between === null ? null : { between_starts_percent: 100 * between };
}

/** Within-group standard deviation over several groups; null when no group has two values. */
function pooledDeviation(groups: readonly (readonly number[])[]): number | null {
  let [squares, freedom] = [0, 0];
  for (const group of groups.filter(({ length }) => length >= 2)) {
    const mean = average(group);
    squares += group.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    freedom += group.length - 1;
  }
  return freedom === 0 ? null : Math.sqrt(squares / freedom);
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const rootMeanSquare = (values: readonly number[]): number =>
  values.length === 0 ? 0 : Math.sqrt(average(values.map((value) => value ** 2)));
