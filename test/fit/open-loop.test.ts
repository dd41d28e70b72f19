import { expect, test } from 'vitest';
import { errorsOn, fitDataset } from '../../src/fit/fit-dataset.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import type { CellRecord } from '../../src/run/schema.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import { judgeOpen, type OpenFacts, runOpen } from '../load/run-open.ts';
import { accelerator, card, measureSuite, truth } from './virtual.ts';

const run = measureSuite([1]);
const [first] = run.records;

function openRecord(rate: number, index: number, reasons: CellRecord['reasons'] = []): CellRecord {
  const device = createDevice({ accelerator, card, tensorParallel: 1, parameters: truth, seed: 1 });
  const facts: OpenFacts = {
    inputTokens: 512,
    outputTokens: 128,
    seed: index,
    arrivals: { rate_per_s: rate },
    stop: { max_requests: 1200, confidence_half_width: 0.005, max_s: 1000 },
  };
  const load = runOpen(createVirtualPort(device), facts);
  const measured = judgeOpen(load, facts);
  const arrivals = { process: 'poisson', rate_per_s: rate, burstiness: null, trace: null } as const;
  return {
    ...first!,
    ...measured,
    reasons: [...measured.reasons, ...reasons],
    key: `open ${rate} ${index}`,
    cell: {
      ...first!.cell,
      input_tokens: 512,
      output_tokens: 128,
      concurrency: null,
      arrivals,
      hold_out: true,
    },
  };
}

test('cells of an open loop are predicted by a fit of closed ones', () => {
  const records = [...run.records, openRecord(4, 1), openRecord(12, 2)];
  const dataset = observationsFromRuns([{ run: run.run, records }]);
  const open = dataset.observations.filter(({ driving }) => driving?.kind === 'open');
  expect(open.map(({ hold_out }) => hold_out)).toEqual([true, true]);
  const fitted = fitDataset(dataset, { seed: 1, starts: 2, predictor: 'scheduler' });
  const errors = errorsOn(fitted, open, 'scheduler');
  const latencies = errors.filter(({ metric }) => metric === 'ttft_ms' || metric === 'tpot_ms');
  expect(latencies).toHaveLength(4);
  for (const { predicted, measured } of latencies)
    expect(Math.abs(predicted / measured - 1)).toBeLessThan(0.08);
});

test('repeats are one observation whatever was in flight; a client that fell short has the rate that it reached', () => {
  const records = [openRecord(8, 1), openRecord(8, 2)];
  const { observations } = observationsFromRuns([{ run: run.run, records }]);
  expect(observations).toHaveLength(1);
  expect(observations[0]).toMatchObject({ driving: { kind: 'open', process: 'poisson', rate_per_s: 8 } });
  const short = openRecord(8, 3, [
    { code: 'rate_not_reached', effect: 'flagged', fit: 'use', message: '', value: 0.9, threshold: 0.98 },
  ]);
  const reached = observationsFromRuns([{ run: run.run, records: [short] }]).observations[0]!.driving;
  expect(reached).toMatchObject({ kind: 'open', rate_per_s: short.metrics!.requests_per_s });
});

test('a trace is left out, and why is said', () => {
  const one = openRecord(8, 1);
  const arrivals = {
    process: 'trace',
    rate_per_s: 8,
    burstiness: null,
    trace: { digest: 'd', speed: 1 },
  } as const;
  const { left_out } = observationsFromRuns([
    { run: run.run, records: [{ ...one, cell: { ...one.cell, arrivals } }] },
  ]);
  expect(left_out[0]!.reasons).toEqual(['a trace has many lengths, a cell of a fit has one']);
});
