import { describe, expect, test } from 'vitest';
import { observationsFromRuns } from '../../../src/fit/from-runs.ts';
import type { Asked } from '../../../src/fit/steps/open-question.ts';
import { openQuestions } from '../../../src/fit/steps/open-questions.ts';
import { measureCell } from './tomography.ts';

const { card, observations, targets } = observationsFromRuns([measureCell()]);
const [cell] = observations;

/** A fit whose two parameters go together as far as said. */
const fitWith = (correlation: number): Asked['fit'] => ({
  names: ['memory_bytes_per_s', 'step_overhead_s'],
  covariance: {
    matrix: [],
    condition: 1,
    standardErrors: [0.02, 0.1],
    correlations: [
      [1, correlation],
      [correlation, 1],
    ],
  },
});
const asked: Asked = { fit: fitWith(0.2), priorShares: {}, card, observations, targets };
const ask = (changed: Partial<Asked> = {}) => openQuestions({ ...asked, ...changed });
const codes = (changed: Partial<Asked> = {}): string[] => ask(changed).map(({ about }) => about);
const why = (code: string, changed: Partial<Asked> = {}) => ask(changed).find(({ about }) => about === code);

describe('one cell of mixed lengths on one device', () => {
  test('leaves open what no step did', () => {
    expect(codes()).toEqual([
      ...['links', 'precision', 'chunk_budget', 'kv_capacity', 'batch_sizes', 'prompt_lengths'],
    ]);
    expect(why('links')!.cell).toBe('the same cell at TP 2 or more');
    expect(why('chunk_budget')!.why).toContain('that it may have 8192 is the server');
    expect(why('chunk_budget')!.cell).toContain('input 16384,');
    expect(why('batch_sizes')!.why).toContain('above 48 (the server takes 256)');
    expect(why('prompt_lengths')!.why).toContain('more than 8192 tokens, the server takes 131072');
    const full = Number(/was (\d+) %/.exec(why('kv_capacity')!.why)![1]);
    expect(full).toBeGreaterThan(1);
    expect(full).toBeLessThan(50);
  });

  test('does not ask for a chunk budget that cut prompts', () => {
    const cut = observationsFromRuns([measureCell({ maxNumBatchedTokens: 2048 })]);
    expect(codes({ observations: cut.observations, targets: cut.targets })).not.toContain('chunk_budget');
  });

  test('names the sizes in between that never ran', () => {
    const [steps] = cell!.steps!;
    const groups = steps!.groups.filter(({ kernel }) => kernel.most !== 16);
    const gap = { ...cell!, steps: [{ ...steps!, groups }] };
    expect(why('batch_sizes', { observations: [gap] })!.why).toContain('of 9 to 16, or above 48');
    expect(why('batch_sizes', { observations: [gap] })!.cell).toContain('concurrency 16, 256');
  });

  test('says what goes together, and which cell tells the weaker one', () => {
    const { why: text, cell: would } = why('confounded', { fit: fitWith(-0.96) })!;
    expect(text).toContain('memory_bytes_per_s and step_overhead_s go together (correlation -0.96)');
    expect(would).toContain('another tensor parallel size');
  });

  test('names a parameter that the prior tells a good part of, not one that only the prior tells', () => {
    expect(why('weak_parameter')).toBeUndefined();
    const { why: text } = why('weak_parameter', { priorShares: { step_overhead_s: 0.25 } })!;
    expect(text).toContain('step_overhead_s is known to 10 % only, and 25 % of what is known is the prior');
    expect(why('weak_parameter', { priorShares: { step_overhead_s: 0.9 } })).toBeUndefined();
    // Known to 2 %, whoever told it.
    expect(why('weak_parameter', { priorShares: { memory_bytes_per_s: 0.25 } })).toBeUndefined();
  });

  test('says where nothing checks it, and where TTFT alone tells the way to the engine', () => {
    const [steps] = cell!.steps!;
    const one = { ...cell!, ttft: null, tpot: null, steps: [{ ...steps!, request_overhead: null }] };
    expect(codes({ observations: [one] }).slice(-2)).toEqual(['request_overhead', 'check']);
  });
});

test('beside cells of another size and of a full cache only what is left is asked', () => {
  const other = {
    ...cell!,
    steps: undefined,
    concurrency: 256,
    input_tokens: 131_072,
    engine: { ...cell!.engine, tensorParallel: 2 },
  };
  const { steps: _, ...means } = other;
  const both = { observations: [cell!, means] };
  expect(codes(both)).toEqual(['precision', 'batch_sizes']);
  expect(why('batch_sizes', both)!.why).toContain('of 49 to 248 only decoded');
});
