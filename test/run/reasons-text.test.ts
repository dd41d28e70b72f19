import { expect, test } from 'vitest';
import { reasonsText } from '../../src/run/reasons-text.ts';
import type { CellRecord } from '../../src/run/schema.ts';
import { record, shape } from '../dashboard/events.ts';

const because = (code: string, value: number, effect = 'flagged') => ({
  ...{ code, effect, fit: 'exclude', message: `${code} by ${value}` },
  ...{ value, threshold: 0.05 },
});

const cell = (concurrency: number, ...reasons: ReturnType<typeof because>[]): CellRecord =>
  ({ ...record('a', shape(128, 16, concurrency), 'flagged'), reasons }) as unknown as CellRecord;

test('a run says why cells are not valid: most cells first, by the cell that is farthest off', () => {
  const lines = reasonsText([
    cell(1, because('not_converged', 0.06)),
    cell(2, because('client_bound', 0.06), because('multi_token_chunks', 3, 'note')),
    cell(4, because('client_bound', 0.2)),
    cell(8),
  ]);
  expect(lines).toEqual([
    'client_bound in 2 cells, such as a 128 in, 16 out, 4 streams: client_bound by 0.2',
    'not_converged in 1 cell, a 128 in, 16 out, 1 stream: not_converged by 0.06',
    'what each code means: ridge --help verdicts',
  ]);
});

test('valid cells are no news, whatever is noted of them', () => {
  expect(reasonsText([cell(1), cell(2, because('multi_token_chunks', 3, 'note'))])).toEqual([]);
});
