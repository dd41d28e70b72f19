import { expect, test } from 'vitest';
import { type FitOptions, fitRoofline } from '../../src/fit/fit-roofline.ts';
import { OBJECTIVES, type Objective } from '../../src/fit/objective.ts';
import { cellsOf, gridOf, scaled } from './made-cells.ts';
import { card, priors } from './virtual.ts';

const options: FitOptions = { seed: 1, starts: 3, predictor: 'closed_form' };
const honest = cellsOf(gridOf([512, 4096], [128], [8, 32, 64]), { noise: 0.01 });
/** TTFT and TPOT that no device has together: they pull bandwidth and overheads apart. */
const torn = scaled(honest, 'tpot', 1.4);

function errorOf(objective: Objective, metric: 'ttft' | 'tpot'): number {
  const { terms } = fitRoofline({ card, priors, observations: torn }, { ...options, objective });
  const own = terms.filter((term) => term.metric === metric).map(({ residual }) => Math.abs(residual));
  return own.reduce((a, b) => a + b, 0) / own.length;
}

test('the latency that is asked for is served better than with both alike, the other worse', () => {
  const errors = Object.fromEntries(
    OBJECTIVES.map((each) => [each, { ttft: errorOf(each, 'ttft'), tpot: errorOf(each, 'tpot') }]),
  );
  const { balanced, ttft_ms, tpot_ms } = errors;
  expect(ttft_ms!.ttft).toBeLessThan(balanced!.ttft);
  expect(tpot_ms!.tpot).toBeLessThan(balanced!.tpot);
  expect(tpot_ms!.ttft).toBeGreaterThan(ttft_ms!.ttft);
});

test('what counts more is not taken for more exact', () => {
  const error = (objective: Objective): readonly number[] =>
    fitRoofline({ card, priors, observations: honest }, { ...options, objective }).covariance.standardErrors;
  const [balanced, tpot] = [error('balanced'), error('tpot_ms')];
  const names = fitRoofline({ card, priors, observations: honest }, options).names;
  names.forEach((_, j) => {
    expect(tpot[j]! / balanced[j]!).toBeGreaterThan(0.9);
  });
});
