import { expect, test } from 'vitest';
import { closedLoopMeans } from '../../../src/roofline/closed-form.ts';
import { priceSchedule } from '../../../src/roofline/scheduler/price-schedule.ts';
import { type SimulatedLoad, simulate } from '../../../src/roofline/scheduler/simulate.ts';
import { createDevice } from '../../../src/simulate/device.ts';
import { accelerator, card, truth } from '../../fit/virtual.ts';
import { driveEngine } from './engine.ts';
import { attention, pricer } from './loads.ts';

interface Cell {
  readonly input: number;
  readonly output: number;
  readonly streams: number;
  readonly kv?: number;
  readonly seats?: number;
  /** Turn-around of the client, s; undefined: requests reach the engine in the instant in which they are sent. */
  readonly turnAround?: number;
  readonly rounds?: number;
}

/** The same load through the event-skipping scheduler and through the engine that walks step by step. */
function both(cell: Cell, load: Partial<SimulatedLoad>) {
  const { input, output, streams, kv = 400_000, seats = 256, turnAround } = cell;
  const overhead = turnAround === undefined ? 0 : truth.request_overhead_s;
  const parameters = { ...truth, request_overhead_s: overhead };
  const device = createDevice({ accelerator, card, parameters, kvCapacityTokens: kv, maxNumSeqs: seats });
  const shape = { inputTokens: input, outputTokens: output };
  const loop = { ...shape, concurrency: streams, turnAroundSeconds: turnAround ?? null };
  const residence = closedLoopMeans(card, parameters, device.settings, loop).e2eSeconds;
  const whole: SimulatedLoad = {
    ...shape,
    inputJitter: [1, 1],
    outputJitter: [0.9, 1.1],
    streams,
    turnAroundSeconds: turnAround ?? 0,
    arrivalSeconds: overhead,
    releaseSeconds: residence / streams,
    warmUpRequests: 3 * streams,
    measuredRequests: (cell.rounds ?? 20) * streams,
    holdsLoad: true,
    seed: 3,
    ...load,
  };
  const schedule = simulate(attention, pricer, device.settings, whole);
  const options = { statistic: 'mean', whole: true, gradient: false } as const;
  const { ttft, tpot } = priceSchedule(schedule, pricer, overhead, options);
  const walked = driveEngine(device, whole);
  return {
    ttft: ttft.seconds / walked.ttft - 1,
    tpot: tpot!.seconds / walked.tpot - 1,
    preemptions: schedule.preemptions,
    walkedPreemptions: walked.preemptions,
  };
}

/** Without jitter of arrivals both make the same steps, so that only the rounding of long stretches is left. */
test.each<Cell>([
  { input: 128, output: 128, streams: 1 },
  { input: 1024, output: 256, streams: 32 },
  { input: 4096, output: 128, streams: 32 },
  { input: 12_000, output: 200, streams: 8 },
  { input: 256, output: 64, streams: 128 },
  { input: 512, output: 64, streams: 96, seats: 40 },
  { input: 1024, output: 512, streams: 64, kv: 40_000 },
  { input: 256, output: 1024, streams: 48, kv: 24_000 },
])('a burst step for step: %j', (cell) => {
  const found = both(cell, {
    inputJitter: [0.8, 1],
    releaseSeconds: 0,
    warmUpRequests: 0,
    measuredRequests: 10 * cell.streams,
    holdsLoad: false,
  });
  expect(Math.abs(found.ttft)).toBeLessThan(1e-4);
  expect(Math.abs(found.tpot)).toBeLessThan(1e-4);
  expect(found.preemptions).toBe(found.walkedPreemptions);
  expect(found.preemptions > 0).toBe(cell.kv !== undefined);
});

/** Here both fall into other orders of requests after a while, and only the means agree. */
test.each<Cell>([
  { input: 128, output: 256, streams: 128 },
  { input: 1024, output: 128, streams: 32, rounds: 60 },
  { input: 4096, output: 256, streams: 16, rounds: 60 },
  { input: 16_000, output: 256, streams: 4, rounds: 100 },
  { input: 1024, output: 128, streams: 32, turnAround: 0.002, rounds: 60 },
  { input: 512, output: 64, streams: 64, turnAround: 0.001, rounds: 60 },
  { input: 512, output: 256, streams: 8, turnAround: 0.003 },
  { input: 512, output: 128, streams: 120, seats: 64 },
  { input: 1024, output: 512, streams: 64, kv: 40_000, rounds: 60 },
  { input: 256, output: 512, streams: 64, kv: 20_000, rounds: 100 },
])('a steady loop in the mean: %j', (cell) => {
  const found = both(cell, {});
  expect(Math.abs(found.ttft)).toBeLessThan(0.02);
  expect(Math.abs(found.tpot)).toBeLessThan(0.005);
});
