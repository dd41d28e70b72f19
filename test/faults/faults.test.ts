import { describe, expect, test } from 'vitest';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import { scrapeMetrics } from '../../src/endpoint/metrics.ts';
import { FAULTS, parseFault } from '../../src/simulate/faults.ts';
import { startEndpoint } from '../../src/simulate/server.ts';
import { freePort } from '../ports.ts';
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
    if (expected.flags) expect(reasons[0]!.effect).toBe('flagged');
    else if (expected.codes.length > 0) expect(cell.record!.verdict).toBe('invalid');
    // Whether a sound cell is steady is this machine's business.
    expect(cell.exit === 3).toBe(expected.codes.includes('request_failed'));
  } else if ('error' in expected) {
    expect([cell.record, cell.exit]).toEqual([null, 3]);
    expect(cell.error).toContain(expected.error);
  }
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
      return measureTwoCells(async () => ({ url: `http://127.0.0.1:${await freePort()}` }));
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

test('a restarted server says another version, and its counters begin anew', async () => {
  const open = await startEndpoint({
    device: device({ timeScale: 0.01 }),
    faults: [parseFault('restart-after:12')],
  });
  const access = { url: open.url, apiKey: null, apiKeyEnv: null, model: null };
  try {
    const before = await identifyEndpoint(access);
    const counted = (await scrapeMetrics(open.url))!.generation_tokens!;
    for (let requests = 0; requests < 12; requests += 1) {
      await fetch(`${open.url}/v1/completions`, { method: 'POST', body: '{"prompt":[1]}' })
        .then((answer) => answer.text())
        .catch(() => undefined);
      if (open.state.restarts > 0) break;
    }
    const after = await identifyEndpoint(access);
    expect([before.engine.version, after.engine.version]).toEqual(['0.32.0+simulated', '0.32.1+simulated']);
    expect(counted).toBeGreaterThan(0);
    expect(open.state.live.loop.engine.metrics.request_success.length).toBeLessThan(8);
  } finally {
    await open.close();
  }
});

test('every kind of fault that the simulated endpoint knows stands in the table', () => {
  const rules = FAULT_TABLE.flatMap(({ inject }) => (inject.at === 'endpoint' ? inject.rules : []));
  const covered = new Set(rules.map((rule) => rule.split(':')[0]));
  expect(Object.keys(FAULTS).filter((kind) => !covered.has(kind))).toEqual([]);
});
