import { expect, test } from 'vitest';
import { waitForIdle } from '../../src/endpoint/idle.ts';
import { readSnapshot } from '../../src/endpoint/metrics-snapshot.ts';

/** Scrapes that report so many requests one after another; the last one stays. */
function reports(...running: number[]) {
  let i = 0;
  return {
    scrape: async () =>
      readSnapshot(`vllm:num_requests_running ${running[Math.min(i++, running.length - 1)]}`, 0, 0),
    calls: () => i,
  };
}

test('an idle server is idle twice in a row', async () => {
  const { scrape, calls } = reports(2, 0, 1, 0, 0);
  expect(await waitForIdle(scrape, { pollMs: 1 })).toBe(true);
  expect(calls()).toBe(5);
});

test('a server that others keep busy is given up', async () => {
  expect(await waitForIdle(reports(3).scrape, { timeoutMs: 20, pollMs: 1 })).toBe(false);
});

test('waiting requests count', async () => {
  const waiting = async () => readSnapshot('vllm:num_requests_running 0\nvllm:num_requests_waiting 1', 0, 0);
  expect(await waitForIdle(waiting, { timeoutMs: 5, pollMs: 1 })).toBe(false);
});

test('without gauges there is nothing to wait for', async () => {
  expect(await waitForIdle(async () => null)).toBe(true);
  expect(await waitForIdle(async () => readSnapshot('vllm:x 1', 0, 0))).toBe(true);
});
