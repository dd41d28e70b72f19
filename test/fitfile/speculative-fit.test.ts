import { expect, test } from 'vitest';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { checkFitText } from '../../src/fitfile/check-fit.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { predict } from '../../src/predict/predict.ts';
import { canonicalJson } from '../../src/stats/canonical-json.ts';
import { DRAFT, DRAFT_COSTS, speculativeRuns } from '../fit/speculative-runs.ts';

const options = { bootstrap: 0, predictor: 'closed_form', createdAt: '', toolVersion: '0' } as const;
const shape = { input: 1024, output: 256, concurrency: 8, tp: 1 };
const speculation = { draftTokens: 3, acceptance: 0.6 };

test('a fit file says what proposing costs, and predicts with it', () => {
  const fit = makeFit(speculativeRuns('no card'), options);
  expect(fit.draft).toMatchObject({ draft_tokens: [2, 5], plain_cells: 6 });
  const { draft_pass_s: pass } = fit.draft!.parameters;
  expect(pass).toMatchObject({ unit: 's', at_bound: false, prior_dominated: false, efficiency: null });
  expect(pass.value / DRAFT_COSTS.draft_pass_s).toBeCloseTo(1, 1);
  expect(pass.interval_90![0]).toBeLessThan(pass.value);
  expect(checkFitText(canonicalJson(fit), 'it', { published: true }).problems).toEqual([]);
  const measured = predict(fit, { ...shape, speculation });
  expect(measured.extrapolates).toEqual([]);
  // As near as a window's counters tell it.
  expect(predict(fit, { ...shape, speculation: { draftTokens: 5, acceptance: 0.47 } }).extrapolates).toEqual(
    [],
  );
  expect(measured.tpot_ms.interval_90).not.toBeNull();
  // Cells without speculation measured percentiles, and their intervals are numbers.
  const { tails } = predict(fit, { ...shape, speculation, tails: true });
  const ends = Object.values(tails!).flatMap(({ interval_90 }) => interval_90 ?? []);
  expect(ends.length).toBeGreaterThan(0);
  expect(ends.every((end) => end > 0)).toBe(true);
  const beyond = predict(fit, { ...shape, speculation: { draftTokens: 8, acceptance: 0.9 } });
  expect(beyond.extrapolates.join()).toContain('proposed tokens 8 is outside 2 to 5');
  expect(beyond.extrapolates.join()).toContain('acceptance 0.9 is outside');
  // Another draft's card says what it costs; what was measured was of another one.
  const other = predict(fit, { ...shape, speculation, draft: DRAFT });
  expect(other.extrapolates.join()).toContain('priced by the fit');
  expect(other.tpot_ms.value!).toBeLessThan(measured.tpot_ms.value!);
  expect(predict(fit, shape).tpot_ms.value!).toBeGreaterThan(measured.tpot_ms.value!);
});

test('with the card of the draft only what it costs on top is fitted, and the card is in the file', () => {
  const runs = speculativeRuns('its card');
  const known = makeFit(runs, { ...options, draft: DRAFT });
  expect(known.model_card.draft!.id).toBe('draft');
  const cost = known.draft!.parameters.draft_pass_s.value;
  expect(cost / DRAFT_COSTS.draft_pass_s).toBeCloseTo(1, 1);
  const unknown = fitDataset(observationsFromRuns(runs), { seed: 1, starts: 3, predictor: 'closed_form' });
  expect(unknown.fit.parameters.draft_pass_s!).toBeGreaterThan(1.3 * cost);
  expect(predict(known, { ...shape, speculation }).extrapolates).toEqual([]);
});

test('a draft needs cells that speculate', () => {
  const [plain] = speculativeRuns('no card');
  expect(() => makeFit([plain!], { ...options, draft: DRAFT })).toThrow('no cell of these runs speculates');
});
