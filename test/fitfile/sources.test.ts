import { expect, test } from 'vitest';
import { openQuestionsText, sourcesTable, sourcesText } from '../../src/commands/sources-text.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { fitSchema } from '../../src/fitfile/schema.ts';
import { plainStyle } from '../../src/report/style.ts';
import { measureCell } from '../fit/steps/tomography.ts';
import { measureSuite, truth } from '../fit/virtual.ts';

const options = { createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.0.0', bootstrap: 0 };

test('a fit from one cell names what its steps and its means gave, and checks one by the other', () => {
  const fit = makeFit([measureCell()], options);
  expect(fitSchema.safeParse(fit).error).toBeUndefined();
  const { cell_means: means, engine_steps: steps, check } = fit.sources!;
  expect(means).toMatchObject({ cells: 1, numbers: 2 });
  expect(steps.usable).toBeGreaterThan(0.9 * steps.seen);
  expect(steps.budgets).toMatchObject([{ used: 8192 }]);
  const memory = 'memory_bytes_per_s';
  expect(steps.log_standard_errors[memory]!).toBeLessThan(0.3 * means.log_standard_errors[memory]!);
  expect(check.map(({ metric }) => metric)).toEqual(['ttft_ms', 'tpot_ms']);
  for (const { standard_deviations } of check) expect(Math.abs(standard_deviations)).toBeLessThan(4);
  expect(Math.abs(fit.parameters[memory]!.value / truth[memory] - 1)).toBeLessThan(0.03);
  // Prompts and batches that the steps have shown are inside the range.
  expect(fit.range.input_tokens).toEqual([64, 8192]);
  expect(fit.range.concurrency).toEqual([1, 48]);
  expect(fit.residuals).toHaveLength(2);
  const text = sourcesText(fit).join('\n');
  expect(text).toContain('engine steps: ');
  expect(text).toContain('cell means: 2 numbers of 1 cell');
  const shares = fit.sources!.information_shares!;
  for (const { engine_steps, cell_means, prior } of Object.values(shares))
    expect(engine_steps + cell_means + prior).toBeCloseTo(1);
  expect(shares[memory]!.engine_steps).toBeGreaterThan(0.9);
  expect(sourcesTable(fit.sources!, plainStyle)).toMatch(/^memory +100 % +0\.\d+ %/m);
  const open = openQuestionsText(fit.sources!).join('\n');
  expect(open).toContain('what this cell cannot tell, and what would:');
  expect(open).toMatch(/ {2}links: +every step ran on one device/);
});

test('a fit from means alone has no such part', () => {
  expect(makeFit([measureSuite([1])], options).sources).toBeUndefined();
});
