import { describe, expect, test } from 'vitest';
import { withoutOthersRows } from '../../src/fitfile/others-rows.ts';

const row = {
  target: 'a',
  metric: 'tpot_ms',
  measured: 12.345,
  log_residual: 0.0123456,
  log_sd: 0.02,
  weight: 1,
};
const content = (imported: object | null) => ({
  runs: [{ id: 'run-1', imported }],
  residuals: [row],
  outliers: [row],
  validation: { in_sample: {}, hold_out: { errors: {}, cells: [{ measured: 3 }] } },
  power: { limit_w: 700, residuals: [{ measured_w: 345.678, log_residual: -0.0123456, weight: 1 }] },
});

describe('rows of others', () => {
  test('stay with whoever measured them', () => {
    const { content: bare, removed } = withoutOthersRows(content({ format: 'csv', source: 'rows.csv' }));
    expect(JSON.stringify(bare)).not.toMatch(/12\.345|345\.678/);
    expect(bare).toMatchObject({
      residuals: [{ measured: null, log_residual: 0.012, log_sd: 0.02 }],
      outliers: [{ measured: null }],
      validation: { in_sample: {}, hold_out: { errors: {}, cells: [] } },
      power: { limit_w: 700, residuals: [{ measured_w: null, log_residual: -0.012, weight: 1 }] },
    });
    expect(removed.map(({ path }) => path)).toEqual([
      'power.residuals[].measured_w',
      'validation.hold_out.cells',
      'residuals[].measured',
      'outliers[].measured',
    ]);
  });

  test('measurements of our own are published whole', () => {
    const own = content(null);
    expect(withoutOthersRows(own)).toEqual({ content: own, removed: [] });
  });
});
