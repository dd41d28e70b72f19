import { expect, test } from 'vitest';
import { holdOutTable } from '../../src/commands/error-text.ts';
import type { CellError } from '../../src/fit/errors.ts';
import { plainStyle } from '../../src/report/style.ts';

const cell: CellError = {
  target: 'gaudi3-tp8',
  tensor_parallel: 8,
  input_tokens: 24_576,
  output_tokens: 1024,
  concurrency: 1024,
  metric: 'output_tokens_per_s',
  measured: 12345.6,
  measured_half_width_90_percent: 8.23,
  predicted: 13456.7,
  interval_90: [12345.6, 14567.8],
  error_percent: -12.3,
};

test('a noisy measurement shows its own width beside the error', () => {
  const [titles, units, row] = holdOutTable([cell], plainStyle).split('\n');
  expect(titles).toMatch(/measured +± +predicted +90 % +error/);
  expect(units).toMatch(/% +%/);
  expect(row).toMatch(/24k\/1k +1024 +tokens\/s +12346 +8\.2 +13457 +12346–14568 +-12/);
});

test('long names and large numbers stay within 80 columns', () => {
  const table = holdOutTable([cell, { ...cell, target: 'a-host-in-the-far-corner' }], plainStyle);
  for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
