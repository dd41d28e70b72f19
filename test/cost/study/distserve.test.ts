import { expect, test } from 'vitest';
import { distserveRows } from '../../../src/cost/study/distserve.ts';
import { readFit } from '../../../src/fitfile/read.ts';

const rows = distserveRows(await readFit('fits/h100-sxm/qwen-qwen3-32b/vllm-0.12.0-bf16.fit.json'), 20);

test('every experiment is there, with its goodput split, and mixed as then and as now', () => {
  expect(rows.map(({ name, model }) => `${name} ${model}`)).toEqual([
    'synthetic opt-13b',
    'chatbot opt-13b',
    'chatbot opt-66b',
    'chatbot opt-175b',
    'code opt-66b',
    'summary opt-66b',
  ]);
  for (const { split, mixed_then, mixed_now, gain_then, gain_now } of rows) {
    expect(gain_then).toBeCloseTo(
      split!.requests_per_s_per_device / mixed_then!.requests_per_s_per_device,
      9,
    );
    expect(mixed_now!.requests_per_s_per_device * gain_now!).toBeCloseTo(split!.requests_per_s_per_device, 9);
    // Prompts in pieces, at the best TP size, are never worse than prompts in steps of their own.
    expect(gain_now!).toBeLessThanOrEqual(gain_then! + 1e-9);
  }
});

test('a published ratio is judged against the interval, and what it would need is told', () => {
  for (const { published, gain_then, uncertainty, verdict, mixed_share_needed } of rows) {
    const [low, high] = uncertainty?.benefit_90 ?? [0, Number.POSITIVE_INFINITY];
    if (verdict === 'does not reproduce') expect(high < published[0] || low > published[1]).toBe(true);
    if (verdict === 'unclear') expect(high).toBe(Number.POSITIVE_INFINITY);
    expect(mixed_share_needed).toBeCloseTo(gain_then! / published[0], 9);
  }
  expect(rows.find(({ name }) => name === 'summary')!.verdict).toBe('does not reproduce');
});
