import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { buildDevice } from '../../src/fitfile/device-build.ts';
import { staleProblem } from '../../src/fitfile/device-stale.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { withContent } from './made-fit.ts';

const FITS = [
  'h100-sxm/qwen-qwen3-32b/vllm-0.12.0-bf16.fit.json',
  'h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json',
];
const [qwen, llama] = await Promise.all(
  FITS.map((path) => readFit(fileURLToPath(new URL(`../../fits/${path}`, import.meta.url)))),
);
const device = buildDevice([qwen!, llama!], 'h100-sxm', { leaveOut: false });
const stale = (...fits: (typeof qwen)[]) =>
  staleProblem(
    device,
    fits.map((fit) => fit!),
    'h100-sxm/device.json',
    'fits',
  );

test('a device file is of the fits that it was made from', () => {
  expect(stale(llama, qwen)).toBeNull();
  expect(buildDevice([qwen!, llama!], 'h100-sxm', { leaveOut: false }).left_out).toEqual([]);
});

test('a fit that changed, is new or is gone makes it stale, and the command that mends it is named', () => {
  const changed = withContent(qwen!, { created_at: '2026-02-02T00:00:00.000Z' });
  const other = withContent(qwen!, { id: 'another' });
  expect(stale(changed, llama)).toMatchObject({
    message: `stale: made from other fits than lie here; changed: ${qwen!.id}`,
    mend: 'ridge publish --devices --to fits makes the device files anew.',
  });
  expect(stale(qwen, llama, other)?.message).toMatch(/; new: another$/);
  expect(stale(llama)?.message).toContain(`gone: ${qwen!.id}`);
});

test('simulated fits are in no device file', () => {
  expect(stale(qwen, llama, withContent(qwen!, { simulated: true }))).toBeNull();
});
