import { expect, test } from 'vitest';
import { highsSolver } from '../../../src/commands/highs-solver.ts';
import { evaluate, keeps } from '../../../src/cost/place/evaluate.ts';
import { place } from '../../../src/cost/place/place.ts';
import type { Edge, PlacementProblem } from '../../../src/cost/place/problem.ts';
import fc from '../../property.ts';
import { everyPlan, leastCost } from './enumerate.ts';
import { moves, option, workedExample } from './problems.ts';

const solve = await highsSolver();

test('the worked example: option costs and times, the third at 0.06', () => {
  const [a, b, c] = [
    [0, 0],
    [0, 1],
    [1, 1],
  ].map((choice) => evaluate(workedExample(), choice)!);
  expect([a!.latency_s, b!.latency_s, c!.latency_s].map((s) => Math.round(s * 1e3))).toEqual([105, 120, 160]);
  expect(a!.usd).toBeCloseTo(0.11, 12);
  expect(b!.usd).toBeCloseTo(0.095, 12);
  expect(c!.usd).toBeCloseTo(0.06, 12);
  expect([a, b, c].map((plan) => keeps(workedExample(), plan!))).toEqual([true, true, false]);
  expect(evaluate(workedExample(), [1, 0])).toBeNull();
});

test('the worked example: prefill on the fast device and decode on the cheap one, exactly at the limit', () => {
  const answer = place(workedExample(), solve);
  if (answer.state !== 'placed') throw new Error(answer.state);
  expect(answer.plan.stages.map(({ option: { place: at } }) => at)).toEqual(['HP', 'CO']);
  expect(answer.plan.usd).toBeCloseTo(0.095, 12);
  expect(answer.plan.latency_s).toBeCloseTo(0.12, 12);
  expect(answer.binding).toEqual([{ kind: 'limit', usd_without: expect.closeTo(0.06, 12) }]);
  expect(answer.looser.map(({ latency_s, usd }) => [latency_s, usd])).toEqual([
    [expect.closeTo(0.16, 12), expect.closeTo(0.06, 12)],
  ]);
});

test('a limit that nothing meets is answered with the fastest plan', () => {
  expect(place(workedExample(100), solve)).toMatchObject({
    state: 'too_slow',
    fastest: { latency_s: expect.closeTo(0.105, 12) },
  });
});

test('beyond a soft limit a plan pays for its time', () => {
  const soft = (usd_per_s: number): PlacementProblem => ({
    ...workedExample(),
    limit: { seconds: 0.12, usd_per_s },
  });
  const cheap = place(soft(0.5), solve);
  expect(cheap).toMatchObject({
    plan: { usd: expect.closeTo(0.06, 9), penalty_usd: expect.closeTo(0.02, 9) },
  });
  expect(place(soft(5), solve)).toMatchObject({ plan: { usd: expect.closeTo(0.095, 9), penalty_usd: 0 } });
});

test('devices that are too few push stages elsewhere, or are told', () => {
  const busy = (devices: number): PlacementProblem => ({
    ...workedExample(1000),
    requests_per_s: 10,
    capacities: [{ place: 'CO', devices }],
  });
  const tight = place(busy(0.5), solve);
  expect(tight).toMatchObject({ plan: { usd: expect.closeTo(0.095, 9) }, binding: [{ kind: 'devices' }] });
  const none = place(
    {
      ...busy(0.5),
      capacities: [
        { place: 'HP', devices: 0.5 },
        { place: 'CO', devices: 0.5 },
      ],
    },
    solve,
  );
  expect(none).toMatchObject({ state: 'too_few_devices' });
});

test('stages that no link connects are told', () => {
  const problem = workedExample();
  const apart = {
    ...problem,
    stages: [
      { name: 'a', options: [option('HP', 1, 1)] },
      { name: 'b', options: [option('CO', 1, 1)] },
    ],
    edges: [{ from: 0, to: 1, move: () => null }],
  };
  expect(place(apart, solve)).toEqual({ state: 'unconnected' });
});

test('the latency is that of the longest path, and its stages are critical', () => {
  const diamond: PlacementProblem = {
    ...workedExample(1000),
    stages: ['start', 'short', 'long', 'end'].map((name, i) => ({
      name,
      options: [option('HP', [10, 20, 50, 5][i]!, 1)],
    })),
    edges: [
      [0, 1],
      [0, 2],
      [1, 3],
      [2, 3],
    ].map(([from, to]) => ({ from: from!, to: to!, move: moves({}) })),
  };
  const { stages, latency_s } = evaluate(diamond, [0, 0, 0, 0])!;
  expect(latency_s).toBeCloseTo(0.065, 12);
  expect(stages.filter(({ critical }) => critical).map(({ stage }) => stage)).toEqual([
    'start',
    'long',
    'end',
  ]);
});

const PLACES = ['a', 'b', 'c'];
const whole = (min: number, max: number) => fc.integer({ min, max });
const options = fc.array(
  fc.record({ place: fc.constantFrom(...PLACES), ms: whole(1, 60), cents: whole(1, 50) }),
  { minLength: 1, maxLength: 4 },
);
/** Graphs whose edges lead forwards; a third of the moves does not exist. */
const graphs = fc.integer({ min: 1, max: 5 }).chain((size) =>
  fc.record({
    stages: fc.array(options, { minLength: size, maxLength: size }),
    edges: fc.array(fc.tuple(whole(0, size - 1), whole(0, size - 1)), { maxLength: 6 }),
    moves: fc.array(fc.option(fc.tuple(whole(0, 20), whole(0, 10))), { minLength: 9, maxLength: 9 }),
    limitMs: whole(10, 200),
    usdPerS: fc.option(whole(0, 10)),
    devices: fc.option(whole(1, 20)),
  }),
);

test('the solver finds what enumeration finds', () => {
  let placed = 0;
  fc.assert(
    fc.property(graphs, (drawn) => {
      const problem: PlacementProblem = {
        stages: drawn.stages.map((own, index) => ({
          name: `s${index}`,
          options: own.map(({ place: at, ms, cents }) => option(at, ms, cents / 1e4)),
        })),
        edges: drawn.edges
          .filter(([from, to]) => from < to)
          .map(
            ([from, to]): Edge => ({
              from,
              to,
              move: (source, target) => {
                const found = drawn.moves[3 * PLACES.indexOf(source) + PLACES.indexOf(target)];
                return found ? { seconds: found[0] / 1e3, usd: found[1] / 1e4 } : null;
              },
            }),
          ),
        limit: { seconds: drawn.limitMs / 1e3, usd_per_s: drawn.usdPerS },
        requests_per_s: 100,
        capacities: drawn.devices === null ? [] : [{ place: 'a', devices: drawn.devices }],
      };
      const least = leastCost(problem);
      const answer = place(problem, solve);
      if (answer.state !== 'placed') {
        expect(least).toBeNull();
        return;
      }
      placed += 1;
      const { plan, looser } = answer;
      expect(keeps(problem, plan)).toBe(true);
      expect(plan.usd + plan.penalty_usd).toBeCloseTo(least!, 12);
      if (problem.limit!.usd_per_s === null && looser[0]) {
        const cheaper = [...everyPlan(problem)].filter(
          (one) => one.usd < plan.usd - 1e-9 && keeps({ ...problem, limit: null }, one),
        );
        const soonest = Math.min(...cheaper.map(({ latency_s }) => latency_s));
        expect(looser[0].latency_s).toBeCloseTo(soonest, 12);
      }
    }),
    { numRuns: 300 },
  );
  expect(placed).toBeGreaterThan(100);
});
