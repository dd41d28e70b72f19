import { expect, test } from 'vitest';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import type { RunTarget } from '../../src/run/schema.ts';
import { measureSuite } from './virtual.ts';

const run = measureSuite([1]);
const withTarget = (change: Partial<RunTarget>) => ({
  ...run,
  run: { ...run.run, targets: [{ ...run.run.targets[0]!, ...change }] },
});

test('seats and planning of TensorRT-LLM servers that were set up for each row are unknown', () => {
  const own = { own_servers: true, whole_prompts: true } as const;
  const read = (engine: string) =>
    observationsFromRuns([withTarget({ ...own, engine: { name: engine, version: '1' } })]);
  expect(read('tensorrt-llm').unknown).toEqual(['seat_margin', 'planning']);
  expect(read('vllm').unknown).toEqual(['seat_margin']);
  for (const { engine } of read('tensorrt-llm').observations) {
    expect(engine).toMatchObject({ wholePrompts: true });
    expect(engine).not.toHaveProperty('seatMargin');
  }
  expect(observationsFromRuns([withTarget({})]).observations[0]!.engine).not.toHaveProperty('wholePrompts');
});
