import type { CellRecord } from '../run/schema.ts';
import type { ReasonCode } from './reasons.ts';

/**
 * What the cells of one load say about the objectives.
 * - `met`, `not_met`: the 95 % intervals of every objective lie below their limits, or one lies above
 * - `undecided`: an interval straddles its limit
 * - `withheld`: a percentile is below its sample floor, and nothing else is broken
 * - `unusable`: the cells say nothing about the server
 */
export interface LoadJudgement {
  readonly outcome: 'met' | 'not_met' | 'undecided' | 'withheld' | 'unusable';
  /** The objective that is nearest to its limit or furthest beyond it, or `overloaded`; of unusable cells their codes. */
  readonly decided_by: string | null;
  /** Largest value over its limit; infinite for an overload, 0 where nothing is known. */
  readonly margin: number;
  /** The value of `decided_by`, ms, its limit, and half of its 95 % interval. */
  readonly value_ms: number | null;
  readonly half_width_ms: number | null;
  readonly repeats: number;
}

type Judged = NonNullable<CellRecord['metrics']>['objectives'][number];

/** One objective over the repeats of a load. */
interface Pooled {
  readonly key: string;
  readonly limit_ms: number;
  readonly value_ms: number;
  readonly low_ms: number;
  readonly high_ms: number;
}

/** Codes of cells that were not what was asked for: another load, other requests, a server that changed. */
const UNUSABLE: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'request_failed',
  'output_length_off',
  'input_length_off',
  'token_count_mismatch',
  'little_law',
  'concurrency_off_target',
  'phase_locked',
  'schedule_lag',
  'compile_stall',
  'environment_changed',
]);

const has = ({ reasons }: CellRecord, code: ReasonCode): boolean => reasons.some((one) => one.code === code);
const isOverloaded = (record: CellRecord): boolean => record.stopped_by === 'overloaded';

/** @param records repeats of one load on one target, one or more */
export function judgeLoad(records: readonly CellRecord[]): LoadJudgement {
  const repeats = records.length;
  const nothing = { margin: 0, value_ms: null, half_width_ms: null, repeats };
  if (records.some(isOverloaded)) {
    return { ...nothing, outcome: 'not_met', decided_by: 'overloaded', margin: Number.POSITIVE_INFINITY };
  }
  const usable = records.filter(
    (record) =>
      record.metrics !== null &&
      !record.reasons.some(({ code, effect }) => effect === 'invalid' && UNUSABLE.has(code)),
  );
  if (usable.length === 0) {
    const codes = records.flatMap(({ reasons }) =>
      reasons.filter(({ effect }) => effect === 'invalid').map(({ code }) => code),
    );
    return { ...nothing, outcome: 'unusable', decided_by: [...new Set(codes)].join(', ') || null };
  }
  const pooled = poolObjectives(usable.map(({ metrics }) => metrics!.objectives));
  const worst = pooled.toSorted((a, b) => b.value_ms / b.limit_ms - a.value_ms / a.limit_ms)[0];
  if (worst === undefined) return { ...nothing, outcome: 'withheld', decided_by: null };
  const broken = pooled.find(({ low_ms, limit_ms }) => low_ms > limit_ms);
  const decisive = broken ?? worst;
  const { key, value_ms, limit_ms, high_ms } = decisive;
  const found = {
    decided_by: key,
    margin: value_ms / limit_ms,
    value_ms: Number.isFinite(value_ms) ? value_ms : null,
    half_width_ms: Number.isFinite(high_ms) ? (high_ms - decisive.low_ms) / 2 : null,
    repeats,
  };
  if (broken) return { ...found, outcome: 'not_met' };
  const open = pooled.some((one) => one.high_ms > one.limit_ms);
  // A mean that grows while it is taken is none: it meets nothing.
  if (open || usable.some((record) => has(record, 'unsteady'))) return { ...found, outcome: 'undecided' };
  const all = usable.some(({ metrics }) => metrics!.objectives.every(({ met }) => met !== null));
  return { ...found, outcome: all ? 'met' : 'withheld' };
}

/** Objectives that were judged, each over all repeats: the mean of their values, and of what is uncertain about it. */
function poolObjectives(repeats: readonly (readonly Judged[])[]): Pooled[] {
  const byKey = Map.groupBy(repeats.flat(), ({ key }) => key);
  return [...byKey].flatMap(([key, all]): Pooled[] => {
    // A failed request has no latency: its objective is not met, whatever the others say.
    const judged = all.filter(({ met }) => met !== null);
    const first = judged[0];
    if (first === undefined) return [];
    const { limit_ms } = first;
    const values = judged.map(({ value_ms }) => value_ms ?? Number.POSITIVE_INFINITY);
    const value_ms = values.reduce((sum, value) => sum + value, 0) / values.length;
    const below = judged.map(({ interval_95_ms: interval }, i) => values[i]! - (interval?.[0] ?? 0));
    const above = judged.map(
      ({ interval_95_ms: interval }, i) => (interval?.[1] ?? Number.POSITIVE_INFINITY) - values[i]!,
    );
    const pool = (sides: readonly number[]): number =>
      Math.sqrt(sides.reduce((sum, side) => sum + side ** 2, 0)) / sides.length;
    if (!Number.isFinite(value_ms)) return [{ key, limit_ms, value_ms, low_ms: value_ms, high_ms: value_ms }];
    return [{ key, limit_ms, value_ms, low_ms: value_ms - pool(below), high_ms: value_ms + pool(above) }];
  });
}
