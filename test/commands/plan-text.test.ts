import { expect, test } from 'vitest';
import { type Plan, planText } from '../../src/commands/plan-text.ts';
import { closedLoopCell } from '../../src/plan/closed-loop-cell.ts';
import { plainStyle } from '../../src/report/style.ts';

const long = 'words that go on and on '.repeat(8).trim();

const plan: Plan = {
  suite: 'one',
  assumptions: ['accelerator h100-sxm (--accelerator)', 'model llama-3.1-8b (--model)', 'TP 1 (--tp)'],
  targets: [
    {
      target: 'TP 1',
      estimated_s: 60,
      estimate_source: 'model',
      power: { source: 'hl-smi', window_min_s: 30, idle_s: 30, idle_estimated_s: 76 },
      cells: [
        {
          cell: closedLoopCell({ input_tokens: 128, output_tokens: 2, concurrency: 1 }, { hold_out: true }),
          estimated_s: 60,
        },
      ],
      skipped: [
        {
          target: 'TP 1',
          input_tokens: 128,
          output_tokens: 2,
          load: 'kv 50 %',
          reason: 'kv_capacity_unknown',
          message: long,
        },
      ],
    },
  ],
  identifiability: [
    {
      accelerator: 'NVIDIA H100 SXM',
      model: 'llama-3.1-8b',
      targets: ['TP 1'],
      parameters: [
        {
          parameter: 'all_reduce_latency_s',
          sd_ratio: 0.97,
          expected_log_sd: 1.5,
          identified: false,
          reason: long,
          helpful_cell: { input_tokens: 128, output_tokens: 256, concurrency: 1, tensor_parallel: 2 },
        },
      ],
    },
  ],
};

test('every line keeps to 80 columns, and to a terminal that is narrower', () => {
  for (const width of [undefined, 200]) {
    for (const line of planText(plan, plainStyle, width).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(80);
    }
  }
  const narrow = planText(plan, plainStyle, 60).split('\n');
  expect(narrow.filter((line) => line.includes('words')).every((line) => line.length <= 60)).toBe(true);
});

test('one cell is a cell, and the share of a prior says of what', () => {
  const text = planText(plan, plainStyle, 80);
  expect(text).toContain('TP 1: 1 cell, about 1 min');
  expect(text).toContain('power by hl-smi: windows of 30 s or more;');
  expect(text).toMatch(/expected error +share of prior sd +identified\n.* 150 % +97 % +no/);
});

test('of mixed prompt lengths the table says that it is of means alone', () => {
  const said = /said of the cells' means alone/;
  expect(planText(plan, plainStyle, 80)).not.toMatch(said);
  expect(planText({ ...plan, mixed: true }, plainStyle, 80)).toMatch(said);
});
