import { expect, test } from 'vitest';
import { socketFacts, withReadersWait } from '../../src/agent/socket-facts.ts';
import { addCounts, type ClientCounts } from '../../src/endpoint/socket-counts.ts';

const thread = (counts: Partial<ClientCounts>): ClientCounts => ({
  ...{ connections: 4, reads: 100, fullReads: 1, unparsedPeak: 0, coreWaitShare: null },
  ...counts,
});

test('threads are counted together; of what they waited and kept unparsed, the most counts', () => {
  const threads = [
    thread({ unparsedPeak: 50, coreWaitShare: 0.1 }),
    thread({ unparsedPeak: 20, coreWaitShare: 0.3 }),
  ];
  const all = addCounts(threads);
  expect(all.coreWaitShare).toBe(0.3);
  expect(socketFacts(all, 2)).toEqual({
    ...{ workers: 2, connections: 8, reads: 200, full_reads: 2, unparsed_peak_bytes: 50 },
  });
});

test('a cell waited for a core as long as the thread that waited most', () => {
  const main = { p50_ms: 0, p99_ms: 0, max_ms: 0, core_wait_share: 0.2 };
  expect(withReadersWait(main, thread({ coreWaitShare: 0.3 }))!.core_wait_share).toBe(0.3);
  expect(withReadersWait(main, thread({ coreWaitShare: 0.1 }))!.core_wait_share).toBe(0.2);
  expect(withReadersWait(main, thread({}))).toEqual(main);
  expect(withReadersWait(main, null)).toEqual(main);
  expect(withReadersWait(null, thread({ coreWaitShare: 0.3 }))).toBeNull();
});
