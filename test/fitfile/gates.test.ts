import { describe, expect, test } from 'vitest';
import { publishGates } from '../../src/fitfile/gates.ts';
import { madeRealFit, withContent } from './made-fit.ts';

const fit = madeRealFit();
const gate = (name: string, changes: Readonly<Record<string, unknown>>) => {
  const changed = withContent(fit, changes);
  return publishGates(changed, changed).find((one) => one.name === name)!;
};

test('a fit of a whole suite passes every gate, each with its figure and its limit', () => {
  const gates = publishGates(fit, fit);
  expect(gates.map(({ name, passed }) => [name, passed])).toEqual([
    ['device', true],
    ['cells', true],
    ['hold_outs', true],
    ['drift', true],
    ['converged', true],
    ['examples', true],
  ]);
  expect(gates[1]).toMatchObject({ limit: 8, limit_is: 'least' });
});

describe('what keeps a fit from being published', () => {
  test('simulated endpoints, unless they are allowed', () => {
    expect(gate('device', { simulated: true })).toMatchObject({
      passed: false,
      figure: 1,
      limit: 0,
      mend: expect.stringContaining('--allow-simulated'),
    });
    const simulated = withContent(fit, { simulated: true });
    const [device] = publishGates(simulated, simulated, { allowSimulated: true });
    expect(device).toMatchObject({ passed: true, message: expect.stringContaining('SIMULATED') });
  });

  test('too few cells: TTFT and TPOT of one cell count once', () => {
    const cells = [1, 2, 3, 4].flatMap((concurrency) =>
      ['ttft_ms', 'tpot_ms'].map((metric) => ({ ...fit.residuals[0]!, concurrency, metric })),
    );
    expect(gate('cells', { residuals: cells })).toMatchObject({ passed: false, figure: 4, limit: 8 });
  });

  test('nothing predicted unseen', () => {
    const validation = { ...fit.validation, hold_out: null, blocked: [] };
    expect(gate('hold_outs', { validation })).toMatchObject({ passed: false, figure: 0 });
    expect(
      gate('hold_outs', { validation: { ...validation, hold_out: fit.validation.hold_out } }).passed,
    ).toBe(true);
  });

  test('drift on cells that were used; other flags do not count', () => {
    const flag = { code: 'drift', target: 'sim-tp1', cells: 12 };
    expect(gate('drift', { flagged: [flag] })).toMatchObject({
      passed: false,
      figure: 12,
      message: expect.stringContaining('sim-tp1'),
    });
    expect(gate('drift', { flagged: [{ ...flag, code: 'preempted' }] })).toMatchObject({
      passed: true,
      figure: 0,
    });
  });

  test('a search that did not converge', () => {
    expect(gate('converged', { search: { ...fit.search, converged: false } }).passed).toBe(false);
  });

  test('examples that its own parameters do not give, or none', () => {
    const [first, ...rest] = fit.examples;
    const tpot_ms = first!.expected.tpot_ms! * (1 + 1e-8);
    const off = [...rest, { ...first!, expected: { ...first!.expected, tpot_ms } }];
    const { passed, figure, message } = gate('examples', { examples: off });
    expect(passed).toBe(false);
    expect(figure).toBeCloseTo(1e-8, 10);
    expect(message).toContain(`tpot_ms of ${first!.input_tokens} in`);
    expect(gate('examples', { examples: [] })).toMatchObject({ passed: false, figure: null });
  });

  test('a stranger’s file without a whole model card is refused, not a crash', () => {
    expect(gate('examples', { model_card: {} })).toMatchObject({ passed: false, figure: null });
  });
});
