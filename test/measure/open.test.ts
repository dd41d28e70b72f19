import { describe, expect, test } from 'vitest';
import { judgeLoad } from '../../src/measure/load-judgement.ts';
import { type CellEvidence, measureCell } from '../../src/measure/measure-cell.ts';
import type { CellRecord } from '../../src/run/schema.ts';
import { cellMetricsSchema } from '../../src/run/schema.ts';
import type { Objectives } from '../../src/suite/schema.ts';
import { codesOf, evidence, request } from './cells.ts';

const OPEN: NonNullable<CellEvidence['open']> = {
  arrivals: { process: 'constant', rate_per_s: 10, burstiness: null, trace: null },
  gapVariation: 0,
  overload: null,
};

/** Requests due every 100 ms over 60 s, each of 1.09 s; `late` says how long after that they were sent. */
function arrivals(late: (due: number) => number = () => 0) {
  return Array.from({ length: 600 }, (_, sequence) => {
    const scheduled_s = -3 + sequence / 10;
    const sent_s = scheduled_s + late(scheduled_s);
    return request({ sequence, stream: sequence, scheduled_s, sent_s });
  });
}

const open = (late?: (due: number) => number, facts: Partial<CellEvidence> = {}): Partial<CellEvidence> => ({
  timelines: arrivals(late),
  concurrency: 10.9,
  open: OPEN,
  window: { opened_s: 0, closed_s: 50 },
  ...facts,
});

describe('an open loop', () => {
  test('in time is valid, without the gates of a closed loop', () => {
    expect(codesOf(open())).toEqual([]);
    // Twice as many in flight as it was thought would be: nobody holds them at a number.
    expect(codesOf(open(undefined, { concurrency: 20 }))).toEqual([]);
  });

  test('has latencies from when requests were due, and how late they were sent', () => {
    const { metrics } = measureCell(evidence(open(() => 0.004)));
    expect(metrics!.ttft_ms!.mean).toBeCloseTo(100, 6);
    expect(metrics!.ttft_sched_ms!.mean).toBeCloseTo(104, 6);
    expect(metrics!.e2e_sched_ms!.mean - metrics!.e2e_ms!.mean).toBeCloseTo(4, 6);
    expect(metrics!.schedule_delay_ms!.p50).toBeCloseTo(4, 6);
    expect(metrics!.schedule_delay_ms!.max).toBeCloseTo(4, 6);
    expect(metrics!.scheduled_requests_per_s).toBeCloseTo(10, 6);
    expect(metrics!.turn_around_ms).toBeNull();
  });

  test('objectives count from when requests were due', () => {
    const objectives: Objectives = { ttft_mean_ms: 103 };
    const { metrics } = measureCell(evidence(open(() => 0.004, { objectives })));
    expect(metrics!.objectives[0]).toMatchObject({ met: false, value_ms: expect.closeTo(104, 6) });
  });

  test('a client that sends late is told so', () => {
    expect(codesOf(open(() => 0.009))).toEqual([]);
    expect(codesOf(open((due) => (Math.round(10 * due) % 50 === 0 ? 0.03 : 0)))).toEqual(['schedule_lag']);
  });

  test('a client that falls behind its rate is told so', () => {
    // 5 % slower than it was asked to be.
    const { reasons } = measureCell(evidence(open((due) => Math.max(0, 0.05 * due))));
    const found = reasons.find(({ code }) => code === 'rate_not_reached');
    expect(found).toMatchObject({ effect: 'flagged', fit: 'use', threshold: 0.98 });
    expect(found!.value).toBeCloseTo(1 / 1.05, 2);
  });

  test('more in flight at the end than at the beginning is not a lost request; a lost one is', () => {
    const ramp = arrivals().map(({ sequence, stream, sent_s }) =>
      request({ sequence, stream, sent_s, scheduled_s: sent_s, tpot: 0.01 + 0.0002 * Math.max(0, sent_s) }),
    );
    expect(codesOf(open(undefined, { timelines: ramp }))).not.toContain('little_law');
    const lost = arrivals().filter(({ sequence }) => sequence % 4 !== 0 || sequence < 30);
    const ghosts = lost.map((one) => ({
      ...one,
      role: one.sequence % 3 === 0 ? ('filler' as const) : one.role,
    }));
    expect(codesOf(open(undefined, { timelines: ghosts }))).toContain('little_law');
  });
});

describe('records', () => {
  test('without the metrics of open loops are read as before', () => {
    const { metrics } = measureCell(evidence());
    const { ttft_sched_ms, e2e_sched_ms, schedule_delay_ms, scheduled_requests_per_s, ...old } = metrics!;
    expect([ttft_sched_ms, e2e_sched_ms, schedule_delay_ms, scheduled_requests_per_s]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(cellMetricsSchema.parse(JSON.parse(JSON.stringify(old)))).toEqual(JSON.parse(JSON.stringify(old)));
  });
});

describe('what the cells of a load say about objectives', () => {
  const recordOf = (ttft: (sequence: number) => number, objectives: Objectives): CellRecord => {
    const timelines = arrivals().map((one) =>
      request({ sequence: one.sequence, stream: one.stream, sent_s: one.sent_s, ttft: ttft(one.sequence) }),
    );
    return { ...measureCell(evidence(open(undefined, { timelines, objectives }))) } as unknown as CellRecord;
  };
  const noisy = (middle: number) => (sequence: number) => middle + 0.04 * Math.sin(sequence * 12.9898);

  test('met below, not met above, undecided where the interval straddles the limit', () => {
    const objectives: Objectives = { ttft_mean_ms: 100, tpot_mean_ms: 20 };
    expect(judgeLoad([recordOf(noisy(0.08), objectives)])).toMatchObject({
      outcome: 'met',
      decided_by: 'ttft_mean_ms',
    });
    expect(judgeLoad([recordOf(noisy(0.12), objectives)])).toMatchObject({
      outcome: 'not_met',
      decided_by: 'ttft_mean_ms',
    });
    expect(judgeLoad([recordOf(noisy(0.1), objectives)])).toMatchObject({ outcome: 'undecided', repeats: 1 });
  });

  test('repeats narrow the interval', () => {
    const one = recordOf(noisy(0.0985), { ttft_mean_ms: 100 });
    const widths = [1, 4].map((count) => judgeLoad(new Array(count).fill(one)).half_width_ms!);
    expect(widths[1]! / widths[0]!).toBeCloseTo(0.5, 6);
  });

  test('a percentile has the interval of its order statistics, and is withheld below its floor', () => {
    const { metrics } = recordOf(noisy(0.1), { ttft_p50_ms: 100, ttft_p99_ms: 200 });
    const [median, p99] = metrics!.objectives;
    const [low, high] = median!.interval_95_ms!;
    expect(low!).toBeLessThan(median!.value_ms!);
    expect(high!).toBeGreaterThan(median!.value_ms!);
    expect(high! - low!).toBeLessThan(80);
    expect(p99).toMatchObject({ value_ms: null, met: null });
    expect(judgeLoad([recordOf(noisy(0.05), { ttft_p99_ms: 200 })]).outcome).toBe('withheld');
  });

  test('cells that say nothing, and overloads', () => {
    const cell = recordOf(noisy(0.05), { ttft_mean_ms: 100 });
    const lag = {
      code: 'schedule_lag',
      effect: 'invalid',
      fit: 'exclude',
      message: '',
      value: 1,
      threshold: 1,
    } as const;
    expect(judgeLoad([{ ...cell, reasons: [lag] }])).toMatchObject({
      outcome: 'unusable',
      decided_by: 'schedule_lag',
    });
    expect(judgeLoad([{ ...cell, stopped_by: 'overloaded' }])).toMatchObject({
      outcome: 'not_met',
      decided_by: 'overloaded',
    });
  });
});
