import { expect, test } from 'vitest';
import { type Requests, requestsOf, tpotOf, ttftOf } from '../../../src/cost/fleet/requests.ts';
import { drawGaps } from '../../../src/stats/gaps.ts';
import { createRandom } from '../../../src/stats/random.ts';
import { alone } from './alone.ts';
import { byScheduler, byWorker } from './open-load.ts';
import { columnsOf, h100, plainServer, requestsAt, serverOf } from './servers.ts';

test('one request: its prompt, in pieces, then a decode step for each further token', () => {
  const done = alone(requestsAt([0, 2_500, 11], [100, 1, 1]));
  expect(ttftOf(done, 0)).toBeCloseTo(2.5, 9);
  expect(tpotOf(done, 0)).toBeCloseTo(10e-3, 9);
  expect(ttftOf(done, 1)).toBeCloseTo(1e-3, 9);
  expect(tpotOf(done, 1)).toBeNull();
});

test('a prompt that comes between decode steps waits for the step under way, and delays decodes by its own step', () => {
  const done = alone(requestsAt([0, 100, 21], [0.145, 300, 2]));
  // The prompt of 100 ms ends at 0.1, steps at 0.11 ... 0.15; the newcomer's step is 300 prompt tokens and one decode.
  expect(done.first_s[1]).toBeCloseTo(0.15 + 0.301, 9);
  // 20 decode steps, of which one took 301 ms.
  expect(done.last_s[0]).toBeCloseTo(0.1 + 19 * 0.01 + 0.301, 9);
});

test('prompts are computed whole: one that the step has no room for waits, one that no step has room for does not', () => {
  const done = alone(
    requestsAt([0, 600, 1], [0, 600, 1], [0, 2_500, 1]),
    plainServer({ whole_prompts: true }),
  );
  expect([...done.first_s]).toEqual([0.6, 1.2, 3.7].map((at) => expect.closeTo(at, 9)));
});

test('steps that are planned ahead go by without a newcomer; on an idle server there are none', () => {
  const of = (plans_ahead: boolean): Requests =>
    alone(requestsAt([0, 100, 21], [0.145, 300, 2], [5, 100, 1]), plainServer({ plans_ahead }));
  // The step under way ends at 0.15, the next is planned: the prompt's step begins at 0.16.
  expect(of(true).first_s[1]! - of(false).first_s[1]!).toBeCloseTo(0.01, 9);
  expect(of(true).last_s[0]).toBeCloseTo(of(false).last_s[0]!, 9);
  expect(of(true).first_s[2]).toBe(of(false).first_s[2]);
});

test('answers beyond the KV cache wait for room, first come first served', () => {
  const three = (kv_capacity_tokens: number): Requests =>
    alone(requestsAt([0, 100, 101], [0, 100, 101], [0, 100, 101]), plainServer({ kv_capacity_tokens }));
  // The first prompt's step, that of the others beside one decode, then a hundred decode steps.
  expect(three(1_000).last_s[2]).toBeCloseTo(0.1 + 0.201 + 1, 9);
  // Room for two whole requests: the third's prompt begins when the first is done.
  const done = three(410);
  expect(done.last_s[0]).toBeLessThan(done.first_s[2]!);
  expect(done.first_s[2]! - done.last_s[0]!).toBeLessThan(0.11);
});

test('never more than its seats decode together', () => {
  const rows = Array.from({ length: 6 }, (): [number, number, number] => [0, 10, 101]);
  const done = alone(requestsAt(...rows), plainServer({ seats: 2 }));
  // Pairs follow one another: three times a hundred steps.
  expect(Math.max(...done.last_s)).toBeGreaterThan(3);
});

test('M/D/1: the mean wait of prompts that arrive at random is that of Pollaczek and Khinchine', () => {
  const [utilisation, count] = [0.7, 200_000];
  const gap = drawGaps({ process: 'poisson', burstiness: null }, createRandom(7));
  let at = 0;
  const rows = Array.from({ length: count }, (): [number, number, number] => {
    at += gap() / utilisation;
    return [at, 1_000, 1];
  });
  const done = alone(requestsOf(columnsOf(rows)));
  const wait = Array.from({ length: count }, (_, one) => ttftOf(done, one) - 1).reduce(
    (sum, one) => sum + one / count,
    0,
  );
  expect(wait / (utilisation / (2 * (1 - utilisation)))).toBeGreaterThan(0.98);
  expect(wait / (utilisation / (2 * (1 - utilisation)))).toBeLessThan(1.02);
});

test.each([0.5, 2, 4])(
  'one server at %s requests/s is what the scheduler of vLLM does with the same arrivals',
  (rate) => {
    const load = { rate, input: 2_048, output: 256, count: 400 };
    const expected = byScheduler(h100, load);
    const done = byWorker(serverOf({ ...h100, residual_table: null }), load);
    expect(done.ttft / expected.ttft).toBeCloseTo(1, 1.5);
    expect(done.tpot / expected.tpot).toBeCloseTo(1, 2);
  },
);
