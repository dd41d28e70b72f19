import { expect, test } from 'vitest';
import { goalLines } from '../../src/report/goals-text.ts';

const last = {
  round: 4,
  fitted: true,
  half_width_percent: { ttft_ms: 14.2, tpot_ms: 4.6 },
  goals_percent: { ttft_ms: 10, tpot_ms: 5 },
  ended: 'budget' as const,
};

test('each goal: the final half-width, and reached or by how much not', () => {
  expect(goalLines(last)).toEqual([
    'the time was spent; mean 90 % half-widths of the asked predictions:',
    '  TTFT ±14 %, goal 10 %: not reached, 4.2 points too wide',
    '  TPOT ±4.6 %, goal 5 %: reached',
  ]);
});

test('a metric without a goal, and one that no prediction has', () => {
  const half_width_percent = { ttft_ms: 8, tpot_ms: null };
  const lines = goalLines({ ...last, ended: 'no_cells', half_width_percent, goals_percent: { tpot_ms: 5 } });
  expect(lines[0]).toMatch(/^no cell was left that would tell more; /);
  expect(lines.slice(1)).toEqual([
    '  TTFT ±8.0 %, no goal',
    '  TPOT unknown, goal 5 %: no asked prediction has this metric',
  ]);
});

test('without a fit nothing is reached', () => {
  const lines = goalLines({ ...last, ended: null, fitted: false });
  expect(lines[0]).toMatch(/^stopped in round 4; .* \(no fit yet: by the priors\):$/);
  expect(lines.at(-1)).toContain('goal 5 %: not reached, too few usable cells for a fit');
});

test('narrow enough once may be chance: said where a run ends with it', () => {
  const half_width_percent = { ttft_ms: 9, tpot_ms: 4 };
  expect(goalLines({ ...last, half_width_percent }).at(-1)).toMatch(/two rounds in a row/);
  expect(goalLines({ ...last, half_width_percent, ended: 'goal' })).toHaveLength(3);
});
