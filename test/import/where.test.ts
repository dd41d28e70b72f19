import { describe, expect, test } from 'vitest';
import { importInferenceX } from '../../src/import/import-rows.ts';
import { parseWhere } from '../../src/import/where.ts';
import { inferencexCsv } from './samples.ts';

const text = inferencexCsv(
  { conc: 4, tp: '2.0' },
  { conc: 16, tp: 4 },
  { conc: 64, tp: 8, precision: 'fp8', model: 'deepseek-ai/DeepSeek-R1-0528' },
);
const chosen = (where: string): number[] =>
  importInferenceX(text, { where: parseWhere(where) }).records.flatMap(({ cell }) => cell.concurrency ?? []);

describe('conditions choose rows by columns and by common names', () => {
  test.each([
    ['tp=2', [4]],
    ['tp=2|8', [4, 64]],
    ['tp!=2', [16, 64]],
    ['conc<=16', [4, 16]],
    ['conc>4,conc<64', [16]],
    ['conc>=16', [16, 64]],
    ['concurrency=64', [64]],
    ['tensor_parallel=4', [16]],
    ['accelerator=H100,precision=FP4', [4, 16]],
    ['engine_version=0.13.0,input_tokens>=1000', [4, 16, 64]],
  ])('%s', (where, expected) => expect(chosen(where)).toEqual(expected));
});

test('what was asked for stands in the record', () => {
  const { run } = importInferenceX(text, { where: parseWhere('conc<=16,tp=2|4') });
  expect(run.imported!.where).toEqual(['conc<=16', 'tp=2|4']);
  expect(run.imported!.rows).toEqual({ read: 3, selected: 2, kept: 2 });
});

test('a bad row that was not asked for is not complained about', () => {
  const bad = inferencexCsv({}, { hw: 'b200', isl: 'x' });
  expect(importInferenceX(bad, { where: parseWhere('hw=h100') }).run.imported!.bad_rows).toEqual([]);
  expect(importInferenceX(bad, { where: parseWhere('conc=4') }).run.imported!.bad_rows).toHaveLength(1);
});

test.each([
  ['cnc=4', "--where: the rows have no 'cnc'", "Did you mean 'conc'?"],
  ['tp=3', 'no row meets tp=3', 'tp is one of: 2.0 4 8.'],
  ['tp=2,conc=64', 'no row meets tp=2, conc=64', 'no row meets all'],
])('%s is refused with a mend', (where, message, mend) => {
  expect(() => chosen(where)).toThrow(
    expect.objectContaining({ exitCode: 2, message, mend: expect.stringContaining(mend) }),
  );
});

test.each(['tp', '', '=3'])("'%s' is no condition", (where) => {
  expect(() => parseWhere(where)).toThrow(/is no condition/);
});
