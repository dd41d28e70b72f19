import { expect, test } from 'vitest';
import { cellRuleFlag } from '../../src/commands/cell-rule-flag.ts';

test('an axis with one or several values; names of targets stay text', () => {
  expect(cellRuleFlag('only', 'tp=4')).toEqual({ axis: 'tp', values: [4] });
  expect(cellRuleFlag('only', 'input=128|4096')).toEqual({ axis: 'input', values: [128, 4096] });
  expect(cellRuleFlag('only', 'target=a=b|7')).toEqual({ axis: 'target', values: ['a=b', '7'] });
});

test.each(['colour=3', 'tp', 'tp=', '=4', 'tp=x', 'tp=4|', 'concurrency=0'])('%s is refused', (text) => {
  expect(() => cellRuleFlag('hold-out', text)).toThrow(
    expect.objectContaining({ exitCode: 2, message: expect.stringContaining('--hold-out') }),
  );
});
