import { expect, test, vi } from 'vitest';
import { dataReasons, FAULT_TABLE, type Injection } from './table.ts';
import { measureTwoCells } from './two-cells.ts';

const rows = FAULT_TABLE.filter(({ inject }) => inject.at === 'clock');

test.each(rows)('$fault', async ({ inject, expect: expected }) => {
  const { jump_s } = inject as Extract<Injection, { at: 'clock' }>;
  const real = Date.now;
  const { record, error } = await measureTwoCells(async ({ url }) => {
    // The cell waits longer than this for the server to be idle.
    setTimeout(() => vi.spyOn(Date, 'now').mockImplementation(() => real() + 1000 * jump_s), 20);
    return { url };
  });
  const codes = dataReasons(record?.reasons ?? []).map(({ code }) => code);
  expect({ error, codes }).toEqual({ error: null, ...expected });
  expect(record!.elapsed_s).toBeGreaterThan(0);
  expect(record!.elapsed_s).toBeLessThan(60);
  expect(record!.metrics!.ttft_ms!.mean).toBeGreaterThan(0);
});
