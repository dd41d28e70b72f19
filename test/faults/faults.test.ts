import { describe, expect, test } from 'vitest';
import { FAULTS } from '../../src/simulate/faults.ts';
import { startEndpoint } from '../../src/simulate/server.ts';
import { device } from '../simulate/factory.ts';
import { faultyRun } from './faulty-run.ts';
import { rawServer } from './raw-answers.ts';
import { dataReasons, FAULT_TABLE, type FaultRow } from './table.ts';
import { measureTwoCells, type SecondCell, type Struck } from './two-cells.ts';

/** Holds a cell to its row. */
function requireExpected({ expect: expected }: FaultRow, cell: SecondCell): void {
  if ('codes' in expected) {
    const reasons = dataReasons(cell.record?.reasons ?? []);
    expect([cell.error, reasons.map(({ code }) => code)]).toEqual([null, expected.codes]);
    if (expected.says !== undefined) expect(reasons[0]!.message).toContain(expected.says);
    if (expected.codes.length > 0) expect(cell.record!.verdict).toBe('invalid');
    // Whether a sound cell is steady is this machine's business.
    expect(cell.exit === 3).toBe(expected.codes.includes('request_failed'));
  } else if ('error' in expected) {
    expect([cell.record, cell.exit]).toEqual([null, 3]);
    expect(cell.error).toContain(expected.error);
  }
}

async function unusedUrl(): Promise<string> {
  const { url, close } = await startEndpoint({ device: device() });
  await close();
  return url;
}

/** Puts the fault of a row in, between two cells. */
function struckBy({ inject }: FaultRow): Promise<SecondCell> {
  switch (inject.at) {
    case 'endpoint':
      return measureTwoCells(async ({ url }): Promise<Struck> => {
        const answer = await fetch(`${url}/ridge/faults`, {
          method: 'POST',
          body: JSON.stringify(inject.rules),
        });
        expect(answer.status).toBe(200);
        return { url };
      }, inject.limits);
    case 'socket':
      return measureTwoCells(() => rawServer(inject.answer), inject.limits);
    case 'nobody':
      return measureTwoCells(async () => ({ url: await unusedUrl() }));
    case 'gone':
      return measureTwoCells(async (sound) => {
        await sound.close();
        return { url: sound.url };
      });
    default:
      throw new Error(`no fault between two cells: ${inject.at}`);
  }
}

const betweenCells = FAULT_TABLE.filter(({ inject }) =>
  ['endpoint', 'socket', 'nobody', 'gone'].includes(inject.at),
);

// Most of them wait: all at once.
describe.concurrent('a fault of the endpoint costs its cell, not the one before', () => {
  test.each(betweenCells)('$fault', { timeout: 60_000 }, async (row) => {
    requireExpected(row, await struckBy(row));
  });
});

describe('a fault of an agent', () => {
  test.each(FAULT_TABLE.filter(({ inject }) => inject.at === 'agent'))('$fault', async (row) => {
    if (row.inject.at === 'agent') requireExpected(row, await faultyRun(row.inject.mode));
  });
});

test('every kind of fault that the simulated endpoint knows stands in the table', () => {
  const rules = FAULT_TABLE.flatMap(({ inject }) => (inject.at === 'endpoint' ? inject.rules : []));
  const covered = new Set(rules.map((rule) => rule.split(':')[0]));
  expect(Object.keys(FAULTS).filter((kind) => !covered.has(kind))).toEqual([]);
});
