import { expect, test } from 'vitest';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { measureSuite } from '../fit/virtual.ts';

const run = measureSuite();
const late = {
  code: 'client_bound' as const,
  effect: 'flagged' as const,
  fit: 'exclude' as const,
  message: '',
  value: null,
  threshold: null,
};

const client = {
  event_loop_delay_p50_ms: 0.1,
  event_loop_delay_p99_ms: 4,
  event_loop_delay_max_ms: 9,
  ttft_bound_p50_ms: 0.5,
  ttft_bound_p99_ms: 4,
  chunk_bound_p50_ms: 0.5,
  chunk_bound_p99_ms: 4,
};

/** The refusal of a run of which all cells but two have stamps that are too late. */
function refusalWhere(stolen_share: (cell: number) => number | null): unknown {
  const records = run.records.map((one, cell) =>
    cell < 2
      ? one
      : {
          ...one,
          verdict: 'flagged' as const,
          reasons: [late],
          client: { ...client, stolen_share: stolen_share(cell) },
        },
  );
  try {
    return makeFit([{ ...run, records }], { createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.1.0' });
  } catch (error) {
    return error;
  }
}

test('too few usable cells: how many were left out, and for what most of them', () => {
  const bad = run.records.length - 2;
  expect(refusalWhere(() => null)).toMatchObject({
    exitCode: 1,
    message: expect.stringContaining(`left out ${bad}, ${bad} of them for client_bound)`),
    mend: expect.stringContaining('keep other work off its core'),
  });
});

test('a hypervisor that took the cores is named, unless it hardly did in most of those cells', () => {
  expect(refusalWhere(() => 0.26)).toMatchObject({
    mend: expect.stringContaining("its hypervisor took 26 % of the cores' time"),
  });
  expect(refusalWhere((cell) => (cell % 3 === 0 ? 0.5 : 0.01))).toMatchObject({
    mend: expect.stringContaining('keep other work off its core'),
  });
});
