import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';

/** Rows of the public table by what they call the device, and the catalogue's id. */
const IDS: Readonly<Record<string, string>> = {
  'A100 80GB SXM': 'a100-80-sxm',
  'H100 SXM 80GB': 'h100-sxm',
  'H100 PCIe': 'h100-pcie',
  'H200 SXM': 'h200-sxm',
  B200: 'b200-sxm',
  GB200: 'gb200-nvl72',
  B300: 'b300-sxm',
  GB300: 'gb300-nvl72',
  L40S: 'l40s',
  L4: 'l4',
  MI300X: 'mi300x',
  MI325X: 'mi325x',
  MI355X: 'mi355x',
  'Gaudi 2': 'gaudi2',
  'Gaudi 3': 'gaudi3',
  'TPU v6e': 'tpu-v6e',
};

const file = join(process.env.RIDGE_DATA ?? join(import.meta.dirname, '../../../shared/data'), 'memory.csv');

describe.skipIf(!existsSync(file))('memory as drivers report it', () => {
  const rows = new Map(
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split(/\r?\n/)
          .map((line) => line.split(',').slice(0, 2) as [string, string])
      : [],
  );
  test.each(Object.entries(IDS))('%s', (name, id) => {
    expect(findAccelerator(id).memory_bytes).toBe(Number(rows.get(name)));
  });
});

test('driver bytes are the MiB that the vendor tools print', () => {
  expect(findAccelerator('h200-sxm').memory_bytes).toBe(143_771 * 2 ** 20);
  expect(findAccelerator('mi300x').memory_bytes).toBe(196_592 * 2 ** 20);
});
