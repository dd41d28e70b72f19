import { describe, expect, test } from 'vitest';
import { applyDrift } from '../../src/run/drift.ts';
import { countVerdicts, exitCodeOf } from '../../src/run/outcome.ts';
import { RemainingTime } from '../../src/run/remaining-time.ts';
import { metrics, reason } from '../agent/facts.ts';
import { cell, record } from './facts.ts';

describe('the exit code of a run', () => {
  const valid = record();
  const invalid = record({ verdict: 'invalid', reasons: [reason('little_law')] });
  const drifted = record({ verdict: 'flagged', reasons: [reason('drift', 'flagged')] });
  const failed = record({ verdict: 'invalid', reasons: [reason('request_failed')] });
  test.each([
    ['every cell has a verdict', [valid, invalid], 0, 0],
    ['a drift flagged them all', [drifted], 0, 0],
    ['no cell is valid', [invalid], 0, 1],
    ['a cell was not measured', [valid], 1, 3],
    ['an endpoint failed in a cell', [valid, failed], 0, 3],
    ['nothing is valid and something was not measured', [invalid], 1, 3],
  ])('%s', (_, records, without, code) => {
    expect(exitCodeOf(countVerdicts(records, without), records)).toBe(code);
  });

  test('counts add up to the cells', () => {
    expect(countVerdicts([valid, invalid, failed], 2)).toEqual({
      valid: 1,
      flagged: 0,
      invalid: 1,
      not_measured: 3,
    });
  });
});

describe('drift', () => {
  const start = record({ key: 's', cell: cell({ anchor: 'start' }), metrics: metrics(50, 8) });
  const middle = record({ key: 'm', metrics: metrics(70, 9) });
  const end = (ttft_ms: number) =>
    record({ key: 'e', cell: cell({ anchor: 'end' }), metrics: metrics(ttft_ms, 8) });

  test('an anchor that moved flags every cell of its target', () => {
    const changed = applyDrift([start, middle, end(60)]);
    expect(changed.map(({ key, verdict }) => [key, verdict])).toEqual([
      ['s', 'flagged'],
      ['m', 'flagged'],
      ['e', 'flagged'],
    ]);
    expect(changed[1]!.reasons[0]).toMatchObject({ code: 'drift', fit: 'use' });
  });

  test('one that stayed changes nothing, and takes an earlier flag back', () => {
    expect(applyDrift([start, middle, end(50)])).toEqual([]);
    const flagged = applyDrift([start, middle, end(60)]);
    expect(applyDrift([...flagged.slice(0, 2), end(50)])).toEqual([start, middle]);
  });

  test('an invalid anchor says nothing', () => {
    expect(applyDrift([start, middle, { ...end(60), verdict: 'invalid' }])).toEqual([]);
  });
});

test('the time left of rounds is at most the budget, and at the end that of the last cells', () => {
  const budget = { left_s: 60 };
  const remaining = new RemainingTime(false, budget);
  remaining.add('a', 'here', [{ estimated_s: 100 }, { estimated_s: 20 }, { estimated_s: 10 }]);
  const round = (estimated_s: number) => [{ target: 'a', host: 'here', cells: [{ estimated_s }] }];
  remaining.startRound(round(20), false);
  expect(remaining.left).toEqual({ seconds: 60, round_s: 20 });
  remaining.finished('a', 20, 20);
  expect(remaining.left).toEqual({ seconds: 60, round_s: 0 });
  // A cell that began in time is measured to its end.
  budget.left_s = 5;
  remaining.startRound(round(30), false);
  expect(remaining.left).toEqual({ seconds: 30, round_s: 30 });
  remaining.startRound(round(10), true);
  expect(remaining.left).toEqual({ seconds: 10 });
});

test('the remaining time follows the plan, then what cells really take', () => {
  const remaining = new RemainingTime(false);
  remaining.add('a', 'here', [{ estimated_s: 100 }, { estimated_s: 100 }]);
  remaining.add('b', 'here', [{ estimated_s: 50 }]);
  remaining.add('c', 'there', [{ estimated_s: 30 }]);
  expect(remaining.seconds).toBe(250);
  remaining.finished('a', 100, 200);
  expect(remaining.seconds).toBeCloseTo((150 * 220) / 120, 9);
  const parallel = new RemainingTime(true);
  parallel.add('a', 'here', [{ estimated_s: 100 }]);
  parallel.add('b', 'here', [{ estimated_s: 50 }]);
  expect(parallel.seconds).toBe(100);
});
