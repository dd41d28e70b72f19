import { expect, test } from 'vitest';
import { truthOf } from '../../src/commands/truth-text.ts';
import type { RunTarget } from '../../src/run/schema.ts';
import { measureSuite } from '../fit/virtual.ts';

const [target] = measureSuite([1]).run.targets;
const made = target!.simulator!;
const withSimulator = (simulator: RunTarget['simulator']): RunTarget => ({ ...target!, simulator });

test('targets of one truth are compared with it, real ones with none', () => {
  const pure = withSimulator({ ...made, effects: [] });
  expect(truthOf([pure, pure])).toEqual({ values: made.parameters, notes: [] });
  expect(truthOf([withSimulator(null)])).toEqual({ values: null, notes: [] });
});

test('different truths, or a real target among simulated ones, are compared with none, and it says so', () => {
  const parameters = { ...made.parameters, step_overhead_s: 1 };
  const other = withSimulator({ ...made, parameters, seed: made.seed + 1 });
  const { values, notes } = truthOf([withSimulator(made), other]);
  expect(values).toBeNull();
  expect(notes.join()).toContain(`seeds ${made.seed}, ${made.seed + 1}`);
  expect(truthOf([withSimulator(made), withSimulator(null)])).toEqual({
    values: null,
    notes: [expect.stringContaining('not every target')],
  });
});

test('what the simulator has and the fit does not is named', () => {
  const { values, notes } = truthOf([withSimulator({ ...made, effects: ['jitter', 'stalls'] })]);
  expect(values).toEqual(made.parameters);
  expect(notes).toEqual([expect.stringMatching(/jitter, stalls, .* may lie outside its interval/)]);
});
