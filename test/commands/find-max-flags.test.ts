import { describe, expect, test } from 'vitest';
import { findMaxNotes, findMaxOf } from '../../src/commands/find-max-flags.ts';
import { searchesText } from '../../src/commands/find-max-text.ts';
import { parseRunFlags } from '../../src/commands/run-flags.ts';
import type { SearchState } from '../../src/report/search-text.ts';
import { plainStyle } from '../../src/report/style.ts';
import { GRID, loadText } from '../suite/suite-text.ts';

const of = (argv: readonly string[], body = GRID) =>
  findMaxOf(parseRunFlags(argv).values, null, loadText(body));

describe('--find-max', () => {
  test('takes the objectives of its flags, else those of the suite', () => {
    const given = of([
      '--find-max',
      'rate',
      '--objective',
      'ttft_p95_ms=500',
      '--objective',
      'tpot_mean_ms=20',
    ]);
    expect(given!.suite.suite.objectives).toEqual({ ttft_p95_ms: 500, tpot_mean_ms: 20 });
    expect(given!.findMax).toEqual({ axis: 'rate', tolerance: 0.05 });
    const suites = of(
      ['--find-max', 'concurrency', '--tolerance', '10'],
      `${GRID}objectives: { e2e_mean_ms: 9 }\n`,
    );
    expect(suites!.suite.suite.objectives).toEqual({ e2e_mean_ms: 9 });
    expect(suites!.findMax).toEqual({ axis: 'concurrency', tolerance: 0.1 });
    const gaps = of(['--find-max', 'concurrency', '--objective', 'tbt_p99_ms=20'])!;
    expect(gaps.suite.suite.objectives).toEqual({ tbt_p99_ms: 20 });
    expect(of([])).toBeNull();
  });

  test('asks for the requests that its percentiles need, and says what they cost', () => {
    const search = of(['--find-max', 'rate', '--objective', 'ttft_p99_ms=500'])!;
    expect(search.suite.suite.stop).toMatchObject({ min_requests: 662, max_requests: 2000 });
    const notes = findMaxNotes(search).join('\n');
    expect(notes).toContain('ttft_p99_ms: every cell needs 662 requests, 11 min 2 s at 1/s');
    expect(notes).toContain('rates below 4.41/s are not searched: max_s of the stop rule is 180 s');
    expect(findMaxNotes(of(['--find-max', 'rate', '--objective', 'tpot_mean_ms=20'])!)).toEqual([]);
  });

  test.each([
    [['--find-max', 'rate'], '--find-max needs objectives'],
    [
      ['--find-max', 'speed', '--objective', 'ttft_p99_ms=1'],
      "--find-max: 'speed' is none of rate, concurrency",
    ],
    [['--find-max', 'rate', '--objective', 'ttft_p99=1'], "--objective: 'ttft_p99' is none of"],
    [['--find-max', 'rate', '--objective', 'ttft_p99_ms=fast'], "'fast' is not a number above 0"],
    [['--objective', 'ttft_p99_ms=1'], '--objective belongs to --find-max'],
    [['--find-max', 'rate', '--adaptive', '--objective', 'ttft_p99_ms=1'], 'do not go together'],
  ])('%j is refused', (argv, error) => {
    expect(() => of(argv)).toThrow(error);
  });
});

test('the table has both ends of a bracket, and says where noise decided', () => {
  const end = (load: number, value_ms: number, decided: boolean) => ({
    load,
    decided_by: 'ttft_p95_ms',
    value_ms,
    half_width_ms: 31,
    decided,
    repeats: 3,
    cells: [],
    reasons: ['client_bound', 'not_converged'],
  });
  const search: SearchState = {
    target: 'h100',
    input_tokens: 1024,
    output_tokens: 256,
    met: end(8, 433, true),
    not_met: end(8.4, 512, false),
    ended: 'bracketed',
    message: null,
    axis: 'rate',
    next: null,
  };
  const text = searchesText([search], plainStyle);
  expect(text).toMatch(/h100 +1k\/256 +8\.000\/s +ttft_p95_ms 433 ±31 +8\.400\/s +ttft_p95_ms 512 ±31/);
  expect(text).toContain('at 8.400/s the interval straddles the limit after 3 cells; the mean decided');
  expect(text).toContain('at 8.000/s: client_bound');
  expect(searchesText([], plainStyle)).toBe('');
});
