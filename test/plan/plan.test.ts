import { expect, test } from 'vitest';
import { closedLoopCell } from '../../src/plan/closed-loop-cell.ts';
import { cellSeconds } from '../../src/plan/estimate.ts';
import { targetModel } from '../../src/plan/facts.ts';
import { planSuite, refusedPoint, remainingCells } from '../../src/plan/plan.ts';
import { loadText } from '../suite/suite-text.ts';
import { factsOf } from './facts.ts';

const BODY = `grid:
  - { input: [512, 4096], output: [64], load: { concurrency: [1, 8] } }
  - { input: [200000], output: [64], load: { concurrency: [1] } }
`;

test('a plan is a function of suite, facts and seed', () => {
  const { suite, points } = loadText(`${BODY}over_length: skip\n`);
  const targets = [factsOf(), factsOf({ name: 'second', tensorParallel: 2 })];
  const plans = planSuite(suite, points, targets);
  expect(planSuite(suite, points, targets)).toEqual(plans);
  expect(plans.map(({ target, cells, skipped }) => [target, cells.length, skipped.length])).toEqual([
    ['h100', 4, 1],
    ['second', 4, 1],
  ]);
  expect(refusedPoint(suite, plans)).toBeNull();
});

test('a cell that is too long is refused unless the suite says skip', () => {
  const { suite, points } = loadText(BODY);
  expect(refusedPoint(suite, planSuite(suite, points, [factsOf()]))?.input_tokens).toBe(200_000);
});

test('an estimate grows with the work, keeps to the stop rule, and says when it is a guess', () => {
  const { suite } = loadText(BODY);
  const shape = closedLoopCell({ input_tokens: 512, output_tokens: 64, concurrency: 1 });
  const seconds = (output_tokens: number): number =>
    cellSeconds(targetModel(factsOf()), { ...shape, output_tokens }, suite.protocol, suite.stop);
  expect(seconds(640)).toBeGreaterThan(seconds(64));
  expect(seconds(64)).toBeGreaterThan(suite.stop.min_s);
  expect(planSuite(suite, loadText(BODY).points, [factsOf({ card: null })])[0]).toMatchObject({
    estimate_source: 'default',
  });
});

test('an open loop that comes faster than it is served is ended soon, whatever the warm-up may take', () => {
  const { suite } = loadText(BODY);
  const seconds = (rate_per_s: number): number =>
    cellSeconds(
      targetModel(factsOf()),
      {
        ...closedLoopCell({ input_tokens: 512, output_tokens: 64, concurrency: 1 }),
        concurrency: null,
        arrivals: { process: 'poisson', rate_per_s, burstiness: null, trace: null },
      },
      suite.protocol,
      suite.stop,
    );
  expect(seconds(2)).toBeGreaterThan(suite.stop.min_s);
  expect(seconds(2000)).toBeLessThan(15);
});

test('a replayed trace takes as long as its requests do to come, whatever the stop rule says', () => {
  const { suite } = loadText(BODY);
  const trace = {
    ...{ file: 'day.csv', digest: 'd', at_s: [5, 605, 3605] },
    ...{ input_tokens: [512, 512, 512], output_tokens: [64, 64, 64] },
  };
  const replay = (speed: number): number =>
    planSuite(
      suite,
      [
        {
          ...{ kind: 'load', input_tokens: 512, cached_input_tokens: null, output_tokens: 64, repeats: 1 },
          ...{ load: { kind: 'trace', trace, speed }, anchor: false, hold_out: false, tensor_parallel: null },
        },
      ],
      [factsOf()],
    )[0]!.estimated_s;
  expect(replay(1)).toBeGreaterThan(3600);
  expect(replay(1)).toBeLessThan(3610);
  expect(replay(10)).toBeCloseTo(replay(1) - 3240, 6);
});

test('a power source lengthens every window, and idle power takes its time; the plan says so', () => {
  const { suite, points } = loadText(BODY);
  const planned = (averaging: '1s' | 'counter') =>
    planSuite(suite, points, [
      factsOf({
        power: {
          source: 'some-smi',
          averaging,
          interval_s: 0.1,
          has_counter: averaging === 'counter',
          idle_s: 20,
        },
      }),
    ])[0]!;
  const [plain] = planSuite(suite, points, [factsOf()]);
  expect(plain!.power).toBeNull();
  const slow = planned('1s');
  expect(slow.power).toEqual({ source: 'some-smi', window_min_s: 30, idle_s: 20, idle_estimated_s: 48.4 });
  const cells = slow.cells.reduce((sum, { estimated_s }) => sum + estimated_s, 0);
  expect(slow.estimated_s - cells).toBeCloseTo(48.4, 9);
  for (const { estimated_s } of slow.cells) expect(estimated_s).toBeGreaterThan(32);
  expect(planned('counter').power!.window_min_s).toBe(10);
  expect(planned('counter').estimated_s).toBeGreaterThan(plain!.estimated_s);
  expect(planned('counter').estimated_s).toBeLessThan(slow.estimated_s);
});

test('what is left is what has no finished key', () => {
  const cells = [{ key: 'a' }, { key: 'b' }, { key: 'c' }];
  expect(remainingCells(cells, new Set(['b', 'gone']))).toEqual([{ key: 'a' }, { key: 'c' }]);
});

test('anchors come again after each restart of a server that the run starts, as target or suite say', () => {
  const anchored =
    'grid: [{ input: [128], output: [64], load: { concurrency: [1] }, anchor: true, repeats: 2 }]\n';
  const { suite, points } = loadText(`${anchored}restarts: 1\n`);
  const restarts = (facts: Parameters<typeof factsOf>[0]) =>
    planSuite(suite, points, [factsOf(facts)])[0]!.cells.map(({ cell }) => cell.restart ?? 0);
  // Two repeats at the start and at the end, then the start again.
  expect(restarts({})).toEqual([0, 0, 0, 0]);
  expect(restarts({ restarts: null })).toEqual([0, 0, 0, 0, 1, 1]);
  expect(restarts({ restarts: 2 })).toEqual([0, 0, 0, 0, 1, 1, 2, 2]);
  expect(restarts({ restarts: 0 })).toEqual([0, 0, 0, 0]);
});
