import { expect, test } from 'vitest';
import { speculationText } from '../../src/commands/speculation-text.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { checkFitText } from '../../src/fitfile/check-fit.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { withDigest } from '../../src/fitfile/write.ts';
import { predict } from '../../src/predict/predict.ts';
import { canonicalJson } from '../../src/stats/canonical-json.ts';
import { DRAFT, DRAFT_COSTS, speculativeRuns } from '../fit/speculative-runs.ts';

const options = { bootstrap: 0, predictor: 'closed_form', createdAt: '', toolVersion: '0' } as const;
const shape = { input: 1024, output: 256, concurrency: 8, tp: 1 };
const speculation = { draftTokens: 3, acceptance: 0.6 };

/** Servers that speculate say how. */
const said = speculativeRuns('no card').map(({ run, ...rest }, index) => {
  const proposer = { method: 'eagle3', model: '/models/head', draft_tokens: 2, source: 'server' as const };
  const targets = index === 0 ? run.targets : run.targets.map((one) => ({ ...one, proposer }));
  return { ...rest, run: { ...run, targets } };
});
const fit = makeFit(said, options);

test('a fit file says what proposing costs, and predicts with it', () => {
  expect(fit.draft).toMatchObject({ draft_tokens: [2, 5], plain_cells: 6 });
  const { draft_pass_s: pass } = fit.draft!.parameters;
  expect(pass).toMatchObject({ unit: 's', at_bound: false, prior_dominated: false, efficiency: null });
  expect(pass.value / DRAFT_COSTS.draft_pass_s).toBeCloseTo(1, 1);
  expect(pass.interval_90![0]).toBeLessThan(pass.value);
  expect(checkFitText(canonicalJson(fit), 'it', { published: true }).problems).toEqual([]);
  const proposed = fit.examples.filter((one) => one.speculation);
  expect(proposed.map(({ predictor }) => predictor)).toEqual(['scheduler', 'closed_form']);
  expect(proposed[0]!.speculation).toMatchObject({ draft_tokens: 3 });
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

test('an example with proposed tokens that the parameters do not give is a problem', () => {
  const { digest: _, ...content } = fit;
  const { draft_pass_s: pass, draft_sequence_s: sequence } = fit.draft!.parameters;
  const parameters = { draft_pass_s: { ...pass, value: 2 * pass.value }, draft_sequence_s: sequence };
  const changed = withDigest({ ...content, draft: { ...fit.draft!, parameters } });
  const [problem] = checkFitText(canonicalJson(changed), 'it', { published: true }).problems;
  expect(problem!.message).toContain('an example is not reproduced');
});

test('what servers say of how they propose is in the file, without the place of a model on their disk', () => {
  expect(fit.draft!.proposers).toEqual([{ method: 'eagle3', model: 'head', draft_tokens: 2 }]);
  expect(speculationText(fit).at(-1)).toBe(
    'proposed by, as the server says: eagle3 head, 2 tokens. --draft MODEL prices its weights and KV apart',
  );
  const { proposers: _, ...silent } = fit.draft!;
  expect(speculationText({ ...fit, draft: silent })).toHaveLength(1);
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
