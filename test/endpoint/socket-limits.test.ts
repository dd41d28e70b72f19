import { expect, test } from 'vitest';
import { limitAdvice, requireSockets } from '../../src/endpoint/socket-limits.ts';

const limits = { openFiles: 20_000, ports: [32_768, 60_999] } as const;

test('a load that the host can open passes, as does one on a system that does not say', () => {
  expect(() => requireSockets(10_000, limits)).not.toThrow();
  expect(() => requireSockets(100_000, { openFiles: null, ports: null })).not.toThrow();
});

test('a load with more connections than files or ports is refused, with what to raise', () => {
  expect(() => requireSockets(20_000, limits)).toThrow(
    expect.objectContaining({
      message: '20000 connections are more than this process may open (20000 files)',
      exitCode: 3,
      mend: expect.stringContaining('ulimit -n 20064'),
    }),
  );
  expect(() => requireSockets(30_000, { ...limits, openFiles: 100_000 })).toThrow(
    'local ports (32768 to 60999)',
  );
});

test('errors of a host without sockets say what to raise, others nothing', () => {
  expect(limitAdvice('EMFILE', limits)).toContain('may open 20000 files');
  expect(limitAdvice('EADDRNOTAVAIL', limits)).toContain('(now 32768 to 60999)');
  expect(limitAdvice('ECONNREFUSED', limits)).toBeNull();
});
