import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measureCell } from '../../src/measure/measure-cell.ts';
import { encodeTimeline, quantise } from '../../src/measure/timeline-codec.ts';
import { judgedAgain } from '../../src/run/judged-again.ts';
import { readRun } from '../../src/run/read-run.ts';
import { rejudgeRun } from '../../src/run/rejudge-run.ts';
import type { CellRecord } from '../../src/run/schema.ts';
import { RunStore } from '../../src/run/store.ts';
import { thresholdsText } from '../../src/run/thresholds-text.ts';
import type { ThresholdOverrides } from '../../src/suite/thresholds.ts';
import { evidence, loop } from '../measure/cells.ts';
import { record, run, temporaryFolder } from './facts.ts';

const KEY = 'a'.repeat(64);
const drift = {
  code: 'drift',
  effect: 'flagged',
  fit: 'use',
  message: 'TTFT of the anchor cell changed',
  value: 0.2,
  threshold: 0.1,
} as const;

/** What only the power source saw: the cell's own evidence does not hold it. */
const capped = { ...drift, code: 'power_capped', effect: 'note', value: null, threshold: null } as const;

/** A run of one cell whose client was late by 8 % of TTFT, judged by the defaults, and flagged by a drift of its anchors. */
async function lateRun(): Promise<string> {
  const folder = join(await temporaryFolder(), 'run-1');
  const store = await RunStore.create(folder);
  await store.writeRun(run());
  const timelines = loop().map((one) =>
    quantise({
      ...one,
      chunks: { ...one.chunks, bound_s: one.chunks.bound_s.map((_, i) => (i === 0 ? 0.008 : 0)) },
    }),
  );
  const { timelines: _, ...stored } = evidence();
  const { metrics, reasons, verdict, steps, counts } = measureCell({ ...stored, timelines });
  const lines = timelines.map((one) => JSON.stringify(encodeTimeline(one)));
  await store.saveServer('h100', KEY, { evidence: stored });
  const requests_file = await store.saveRequests('h100', KEY, lines);
  const cell = { key: KEY, target: 'h100', requests_file, metrics, verdict, steps, counts };
  await store.appendCell(record({ ...cell, reasons: [...reasons, drift, capped] }));
  await store.appendCell(record({ key: 'b'.repeat(64), target: 'h100' }));
  await store.close();
  return folder;
}

/** Judges the run's cells by these thresholds, as a resumed run does. */
async function judge(folder: string, to: ThresholdOverrides | undefined): Promise<readonly string[]> {
  const { store, record: before } = await RunStore.resume(folder);
  const { warnings } = await judgedAgain(store, before, to);
  const content = { ...before.run.suite.content, ...(to && { thresholds: to }) };
  await store.writeRun({ ...before.run, suite: { ...before.run.suite, content } });
  await store.close();
  return warnings;
}

async function cell(folder: string): Promise<CellRecord> {
  return (await readRun(folder)).records.find(({ key }) => key === KEY)!;
}
const codes = ({ reasons }: CellRecord): string[] => reasons.map(({ code }) => code);

test('finished cells are judged by new thresholds, and by the old ones again; what the run found stays', async () => {
  const folder = await lateRun();
  const first = await cell(folder);
  expect(codes(first)).toEqual(['client_bound', 'drift', 'power_capped']);

  expect(await judge(folder, { client_bound_ttft_share: 0.1 })).toEqual([
    "the suite's thresholds changed: 1 finished cell of 2 judged otherwise; 1 cell cannot be judged again from the record",
  ]);
  const loosened = await cell(folder);
  expect(codes(loosened)).toEqual(['drift', 'power_capped']);
  expect(loosened.metrics).toEqual(first.metrics);

  await judge(folder, { client_bound_ttft_share: 0.05 });
  expect(await cell(folder)).toEqual(first);
});

test('a finished run is judged again without its endpoint, and says by what', async () => {
  const folder = await lateRun();
  const loose = { client_bound_ttft_share: 0.1 };
  expect(await rejudgeRun(folder, loose)).toMatch(/^the suite's thresholds changed: 1 finished cell of 2/);
  expect((await readRun(folder)).run.suite.content.thresholds).toEqual(loose);
  expect((await cell(folder)).verdict).toBe('valid');
  expect(await rejudgeRun(folder, loose)).toBeNull();
  await rejudgeRun(folder, undefined);
  expect((await readRun(folder)).run.suite.content.thresholds).toBeUndefined();
  expect((await cell(folder)).verdict).toBe('flagged');
});

test('the same thresholds change nothing', async () => {
  const folder = await lateRun();
  expect(await judge(folder, { client_bound_ttft_share: 0.05 })).toEqual([]);
  expect(await judge(folder, undefined)).toEqual([]);
});

test('thresholds that differ from the defaults are said with them', () => {
  expect(thresholdsText({ client_bound_ttft_share: 0.1, little_law_share: 0.05 })).toBe(
    'client_bound_ttft_share 0.1 (default 0.05)',
  );
  expect(thresholdsText({ little_law_share: 0.05 })).toBeNull();
  expect(thresholdsText(undefined)).toBeNull();
});
