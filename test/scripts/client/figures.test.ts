import { expect, test } from 'vitest';
import { otherClient } from '../../../scripts/client/commands.ts';
import { figuresOf } from '../../../scripts/client/figures.ts';
import { loadOf } from '../../../scripts/client/load.ts';
import { pairs } from '../../../scripts/client/pairs.ts';
import { cpuBetween } from '../../../scripts/client/process-cpu.ts';
import type { ClientRun } from '../../../scripts/client/run-client.ts';
import { ratioLines } from '../../../scripts/client/table.ts';
import type { SentResponse } from '../../../src/null-server/options.ts';

/** A request that the server read at `receivedAt`, with a token at each time. */
const sent = (requestId: string | null, receivedAt: number, ...sentAt: number[]): SentResponse => ({
  requestId,
  receivedAt,
  sentAt: Float64Array.from(sentAt),
  tookS: new Float32Array(sentAt.length),
  complete: true,
});

const truth = [sent('x-1', 10.01, 10.3, 10.4, 10.5), sent('x-0', 10, 10.2, 10.3, 10.4)];

/** A client that is late by 5 ms at the first token of request 0, and by 15 ms at that of request 1. */
const run: ClientRun = {
  truth,
  result: {
    failed: 0,
    start_times: [10, 10.01],
    ttfts: [0.205, 0.305],
    itls: [
      [0.095, 0.1],
      [0.085, 0.1],
    ],
    bounds: [
      [0.006, 0, 0],
      [0.001, 0, 0],
    ],
  },
  cpu: [
    { at_s: 10, cpuSeconds: 1, rssBytes: 0 },
    { at_s: 11, cpuSeconds: 3, rssBytes: 0 },
  ],
  server: { requests: 2, tokens: 6, connections: 2, delayedWrites: 0, skippedTicks: 0, cpuSeconds: 0 },
};

test('requests are matched by the number at the end of their ids, or else in the order of their sending', () => {
  const numbered = pairs(run.result!, truth);
  expect(numbered.map(({ truth: { requestId } }) => requestId)).toEqual(['x-0', 'x-1']);
  const nameless = truth.map((response) => ({ ...response, requestId: null }));
  // What comes before the measured requests (a trial) is left out.
  const ordered = pairs(run.result!, [sent(null, 5, 6, 7, 8), ...nameless]);
  expect(ordered.map(({ truth: { receivedAt } }) => receivedAt)).toEqual([10, 10.01]);
});

test('figures are what the client says against what the server did', () => {
  const figures = figuresOf(run);
  expect(figures.ttftBiasMean).toBeCloseTo(10, 6);
  expect(figures.ttftBiasP99).toBeCloseTo(14.9, 6);
  expect(figures.trueTpot).toBeCloseTo(100, 6);
  expect(figures.tpot).toBeCloseTo(95, 6);
  // The first token of request 1 came 15 ms after it left, and its bound said 1 ms.
  expect(figures.beyondBound).toBeCloseTo(1 / 6, 6);
});

test('of a client that writes no result only the server knows', () => {
  const figures = figuresOf({ ...run, result: null });
  expect(figures).toMatchObject({ ttftBiasMean: null, tpot: null, itlP99: null, failed: null });
  expect(figures.trueTpot).toBeCloseTo(100, 6);
});

test('CPU between two moments is interpolated, and unknown beyond the samples', () => {
  expect(cpuBetween(run.cpu, 10.25, 10.75)).toBeCloseTo(1, 9);
  expect(cpuBetween(run.cpu, 10.25, 12)).toBeNull();
});

test('a target that is missed or cannot be computed is a miss', () => {
  const own = figuresOf(run);
  const good = ratioLines(
    800,
    new Map([
      ['vllm bench serve', { ...own, ttftBiasMean: 500, ttftBiasP99: 900, cpuPerEvent: 30 }],
      ['ridge', { ...own, beyondBound: 0, cpuPerEvent: 10 }],
    ]),
    0,
  );
  expect(good.met, good.lines.join('\n')).toBe(true);
  const slow = ratioLines(
    800,
    new Map([
      ['vllm bench serve', { ...own, ttftBiasMean: 500, ttftBiasP99: 900, cpuPerEvent: 30 }],
      ['ridge', { ...own, beyondBound: 0, cpuPerEvent: null }],
    ]),
    0,
  );
  expect(slow.met).toBe(false);
  expect(slow.lines.find((line) => line.includes('CPU'))).toContain('MISS');
});

test('stamps beyond their bound are the host’s own doing up to what it may make alone', () => {
  const beyond = (beyondBound: number, host: number) => {
    const { lines, met } = ratioLines(50, new Map([['ridge', { ...figuresOf(run), beyondBound }]]), host);
    return { met, line: lines.find((line) => line.includes('beyond'))! };
  };
  expect(beyond(0.0005, 0.01)).toMatchObject({ met: true, line: expect.stringMatching(/^ {2}ok /) });
  expect(beyond(0.009, 0.01)).toMatchObject({
    met: true,
    line: expect.stringMatching(/^ {2}host .*0\.01\)/),
  });
  expect(beyond(0.011, 0.01)).toMatchObject({ met: false, line: expect.stringMatching(/^ {2}MISS/) });
  // A host that does next to nothing excuses nothing.
  expect(beyond(0.0015, 0.0009)).toMatchObject({ met: false, line: expect.stringMatching(/^ {2}MISS/) });
});

test('a command of another client gets its values', () => {
  const client = otherClient("x=x --url {url} -c {streams} --out '{result}' {unknown}");
  expect(client.name).toBe('x');
  expect(client.argv('http://h', loadOf(7), '/r.json')).toEqual([
    'sh',
    '-c',
    "x --url http://h -c 7 --out '/r.json' {unknown}",
  ]);
  expect(() => otherClient('x')).toThrow('NAME=');
  expect(() => otherClient('x=y')).toThrow('{url}');
});
