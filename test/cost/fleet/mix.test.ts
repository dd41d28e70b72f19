import { expect, test } from 'vitest';
import { drawMix, mixSchema } from '../../../src/cost/fleet/mix.ts';
import { requestsOf } from '../../../src/cost/fleet/requests.ts';
import { trafficOf } from '../../../src/cost/fleet/traffic.ts';

const mix = mixSchema.parse({
  phases: [
    { seconds: 600, rate_per_s: 10, input: 4_000, output: 100 },
    { seconds: 600, rate_per_s: 5, input: 500, output: 1_000, jitter: 0 },
  ],
});

test('phases follow one another with their own rate and lengths', () => {
  const { at_s, input_tokens, output_tokens } = drawMix(mix);
  const first = at_s.filter((at) => at < 600).length;
  expect(Math.abs(first - 6_000)).toBeLessThan(4 * Math.sqrt(6_000));
  expect(Math.abs(at_s.length - first - 3_000)).toBeLessThan(4 * Math.sqrt(3_000));
  expect([...at_s].sort((one, other) => one - other)).toEqual(at_s);
  expect(at_s.at(-1)).toBeLessThan(1_200);
  const early = input_tokens.slice(0, first);
  expect(Math.min(...early)).toBeGreaterThanOrEqual(2_000);
  expect(Math.max(...early)).toBeLessThanOrEqual(6_000);
  expect(early.reduce((sum, one) => sum + one / first, 0)).toBeCloseTo(4_000, -2);
  expect(new Set(output_tokens.slice(first))).toEqual(new Set([1_000]));
});

test('the same seed draws the same requests, another others', () => {
  expect(drawMix(mix)).toEqual(drawMix(mix));
  expect(drawMix({ ...mix, seed: 2 }).at_s).not.toEqual(drawMix(mix).at_s);
});

test('the mix of a trace, part by part', () => {
  const parts = trafficOf(requestsOf(drawMix(mix)));
  expect(parts).toHaveLength(6);
  expect(parts[0]!.requests_per_s).toBeCloseTo(10, -0.5);
  expect(parts[5]).toMatchObject({ input_tokens: 500, output_tokens: 1_000 });
});

test('a trace twice as fast', () => {
  const requests = requestsOf(
    { at_s: [5, 6, 9], input_tokens: [1, 2, 3], output_tokens: [4, 5, 6] },
    { speed: 2 },
  );
  expect(Array.from(requests.at_s)).toEqual([0, 0.5, 2]);
});
