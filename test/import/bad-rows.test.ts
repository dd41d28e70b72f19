import { describe, expect, test } from 'vitest';
import { importInferenceX } from '../../src/import/import-rows.ts';
import { inferencexCsv } from './samples.ts';

describe('rows that cannot be used', () => {
  test.each([
    ['a blank number', { isl: '' }, 'isl is blank'],
    ['a word for a number', { mean_ttft: 'fast' }, "mean_ttft is 'fast', not a number of 0 or more"],
    ['a latency of 0', { mean_tpot: 0 }, 'mean_tpot is 0'],
    ['a length that is not whole', { osl: 10.5 }, 'osl is 10.5, not a whole number'],
    ['an infinite time', { mean_ttft: 'Infinity' }, "mean_ttft is 'Infinity', not a number of 0 or more"],
    ['a length beyond bounds', { isl: 1e12 }, 'a length is above 10000000 tokens'],
    ['separate prefill devices', { disagg: 'True' }, 'prefill and decode are on separate devices (disagg)'],
  ])('%s is named by line, and the others are imported', (_, change, problem) => {
    const { run, records } = importInferenceX(inferencexCsv({}, change, { conc: 8 }));
    expect(records).toHaveLength(2);
    expect(run.imported!.bad_rows).toEqual([{ line: 3, problem }]);
    expect(run.imported!.rows).toEqual({ read: 3, selected: 2, kept: 2 });
  });

  test('a line that is cut off, and one with too many fields', () => {
    const [header, good] = inferencexCsv({}).split('\n');
    const { run } = importInferenceX([header, `${good},1`, good, good!.slice(0, 30)].join('\n'));
    expect(run.imported!.bad_rows).toEqual([
      { line: 2, problem: '25 fields, the header has 24' },
      { line: 4, problem: expect.stringMatching(/^\d fields, the header has 24$/) },
    ]);
    expect(run.imported!.rows).toEqual({ read: 3, selected: 1, kept: 1 });
  });

  test('a quote that is not closed: what it swallows is told', () => {
    const [header, good] = inferencexCsv({}).split('\n');
    const { run } = importInferenceX([header, good, `"${good}`, good, good].join('\n'));
    expect(run.imported!.bad_rows).toEqual([
      { line: 3, problem: 'a quote is not closed: all lines from here to the end (5) are lost in it' },
    ]);
  });

  test('a median that is asked for and not there', () => {
    const { run } = importInferenceX(inferencexCsv({}, { conc: 8, median_tpot: '' }), {
      statistic: 'median',
    });
    expect(run.imported!.bad_rows).toEqual([{ line: 3, problem: 'no median of TPOT' }]);
    expect(run.targets[0]!.driving).toMatchObject({ statistic: 'median' });
  });
});

describe('a file that gives nothing is refused with what to do', () => {
  test.each([
    ['empty', '', 'the file is empty'],
    ['only a header', inferencexCsv(), 'the file holds no rows'],
    ['another format', 'a,b\n1,2\n', "there is no column 'hw'"],
    ['a header with twins', 'hw,hw\nx,y\n', "column 'hw' stands twice in the header"],
    ['only bad rows', inferencexCsv({ isl: 0 }), 'no row can be used; 1 bad row, the first: isl is 0'],
    ['an empty list', '[]', 'the file holds no rows'],
  ])('%s', (_, text, message) => {
    expect(() => importInferenceX(text)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
    );
  });

  test('only unknown devices: what the flag is that says which they are', () => {
    expect(() => importInferenceX(inferencexCsv({ hw: 'warp9' }), { file: 'agg.csv' })).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: "no row can be used; 1 bad row, the first: accelerator 'warp9' is not in the catalogue",
        where: 'agg.csv:2',
        mend: expect.stringContaining('--accelerator ID'),
      }),
    );
  });
});

describe('one unknown device does not keep the others out', () => {
  const text = inferencexCsv({}, { hw: 'warp9' }, { hw: '' });

  test('its row is named', () => {
    const { run, records } = importInferenceX(inferencexCsv({}, { hw: 'warp9' }));
    expect(records).toHaveLength(1);
    expect(run.imported!.bad_rows).toEqual([
      { line: 3, problem: "accelerator 'warp9' is not in the catalogue" },
    ]);
    expect(run.imported!.rows).toEqual({ read: 2, selected: 1, kept: 1 });
  });

  test('unless a flag says which it is, or it is not asked for', () => {
    const named = importInferenceX(text, { accelerator: 'gaudi3' }).run;
    expect(named.targets.map(({ accelerator }) => accelerator!.id)).toEqual(['gaudi3']);
    const where = [{ key: 'hw', operator: '=', value: 'h100' }] as const;
    expect(importInferenceX(text, { where }).run.imported!.bad_rows).toEqual([
      { line: 4, problem: 'hw is blank' },
    ]);
  });
});
