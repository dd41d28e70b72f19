import { describe, expect, test } from 'vitest';
import { PREDICTORS } from '../../src/fit/cell-model.ts';
import { errorsOn, fitDataset } from '../../src/fit/fit-dataset.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { draftEstimate } from '../../src/fit/identifiability.ts';
import { withDraft } from '../../src/model/draft.ts';
import { DRAFT_NAMES } from '../../src/roofline/parameters.ts';
import { DRAFT, DRAFT_COSTS, speculativeRuns } from './speculative-runs.ts';
import { truth } from './virtual.ts';

describe.each(['no card', 'its card'] as const)('cells that speculate by a draft with %s', (model) => {
  const read = observationsFromRuns(speculativeRuns(model));
  const data = model === 'no card' ? read : { ...read, card: withDraft(read.card, DRAFT) };
  const seen = data.observations.filter((one) => !one.hold_out);
  const held = data.observations.filter((one) => one.hold_out);

  test('are used with what the server counted, each number of proposed tokens as a cell of its own', () => {
    expect(data.left_out).toEqual([]);
    expect(seen).toHaveLength(18);
    const { draftTokens, acceptance } = seen[6]!.engine.speculation!;
    expect(draftTokens).toBe(2);
    expect(acceptance).toBeCloseTo(0.75, 1);
  });

  test.each(PREDICTORS)(
    'tell the device and what proposing costs, and predict others, by %s',
    (predictor) => {
      const whole = fitDataset({ ...data, observations: seen }, { seed: 1, starts: 5, predictor });
      const { parameters } = whole.fit;
      expect(parameters.memory_bytes_per_s / truth.memory_bytes_per_s).toBeCloseTo(1, 1);
      for (const name of DRAFT_NAMES) {
        const { value, state } = draftEstimate(whole.fit, name);
        const off = Math.abs(Math.log(value / DRAFT_COSTS[name]));
        expect(off).toBeLessThan(name === 'draft_pass_s' ? 0.05 : 0.2);
        expect(state).toBe('identified');
      }
      const errors = errorsOn(whole, held, predictor);
      const largest = (key: string): number =>
        Math.max(...errors.filter(({ metric }) => metric === key).map((one) => Math.abs(one.error_percent)));
      expect(errors).toHaveLength(4 * held.length);
      expect(largest('tpot_ms')).toBeLessThan(1);
      expect(largest('ttft_ms')).toBeLessThan(5);
    },
  );
});
