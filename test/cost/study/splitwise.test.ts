import { expect, test } from 'vitest';
import { gainUnder, splitwiseTables } from '../../../src/cost/study/splitwise.ts';
import { machineSplits, splitwiseClaims } from '../../../src/cost/study/splitwise-claims.ts';
import { limitsOf, MACHINE_COSTS, machineSources, TRACES } from '../../../src/cost/study/splitwise-setup.ts';
import { readFit } from '../../../src/fitfile/read.ts';

const fits = await Promise.all(
  ['a100-80-sxm', 'h100-sxm'].map((id) => readFit(`fits/${id}/bigscience-bloom/vllm-unknown-bf16.fit.json`)),
);
const tables = splitwiseTables(fits, 100);
const tableOf = (trace: string, equalIn: string) =>
  tables.find((one) => one.trace.name === trace && one.equal_in === equalIn)!;
const rowOf = (table: (typeof tables)[number], design: string) =>
  table.rows.find((row) => row.design === design)!;

test('clusters hold as many machines as the power, or the cost, of 40 H100 machines lets them', () => {
  const power = tableOf('conversation', 'power');
  // 70 A100 machines draw what 40 H100 machines do; at its prices 86 cost what those do.
  expect(rowOf(power, 'A').machines).toEqual({ prompt: 0, token: 70 });
  expect(rowOf(power, 'H').machines).toEqual({ prompt: 0, token: 40 });
  expect(rowOf(tableOf('conversation', 'cost'), 'A').machines!.token).toBe(86);
  for (const table of tables) {
    for (const { machines, power_ratio, cost_ratio } of table.rows) {
      expect(machines!.token).toBeGreaterThan(0);
      expect(table.equal_in === 'power' ? power_ratio : cost_ratio).toBeLessThanOrEqual(1 + 1e-9);
    }
  }
});

test('gains are of requests/s in the same budget, and a baseline over itself is 1', () => {
  for (const table of tables) {
    for (const baseline of ['A', 'H'] as const) {
      const base = rowOf(table, baseline);
      expect(base.over[baseline].gain).toBe(1);
      for (const row of table.rows) {
        // Whole machines differ from fractions by a machine or so of each pool.
        const whole = row.requests_per_s! / base.requests_per_s!;
        expect(Math.abs(whole / row.over[baseline].gain! - 1)).toBeLessThan(0.12);
      }
    }
  }
});

test('limits are slowdowns of a request alone on A100, drawn with it: A100 alone always meets them', () => {
  const [trace] = TRACES;
  const [a100] = machineSources(fits, trace);
  for (const index of [0, 1, 2]) {
    const drawn = a100!.draw(index);
    const p50 = limitsOf(drawn, trace).find(({ key }) => key === 'tpot_p50_ms')!;
    expect(p50.limit_s / drawn.decodeSeconds(8, 1, 1020 + 64.5)).toBeCloseTo(1.25, 9);
  }
});

test('published ratios: what the fits give, and at which baseline a missed one would hold', () => {
  const claims = splitwiseClaims(tables, [fits]);
  expect(claims.map(({ id, verdict }) => [id, verdict])).toEqual([
    ['S1', 'inside the intervals'],
    ['S2', 'inside the intervals'],
    ['S3', 'inside the intervals'],
    ['S4', 'does not reproduce'],
    ['S5', 'does not reproduce'],
    ['S6', 'reproduces'],
  ]);
  const [first, , , missed] = claims;
  expect(missed!.needed[0]!.baseline_throughput).toBeCloseTo(missed!.by_model[0]! / 1.4, 9);
  const factor = first!.needed[0]!.token_limits!;
  const pair = ['AA', 'A'] as const;
  const at = (scale: number) =>
    gainUnder({ kind: 'slack', factor: factor * scale }, fits, tableOf('conversation', 'power'), pair)!;
  expect(at(0.99)).toBeGreaterThan(2.15);
  expect(at(1.01)).toBeLessThan(2.15);
});

test('of machine splits that of H100 for coding is the published one', () => {
  const [coding] = machineSplits(tables);
  expect(coding!.by_model).toEqual([{ prompt: 35, token: 5 }]);
  expect(coding!.published).toEqual([35, 5]);
  expect(MACHINE_COSTS.power).toEqual([3.2, 5.6]);
});
