import { describe, expect, test } from 'vitest';
import { type RateSearch, type Rung, searchRate } from '../../src/calibrate/search-rate.ts';

const SEARCH: RateSearch = {
  firstStreams: 64,
  fewestStreams: 8,
  mostStreams: 4096,
  limit: 0.005,
  refinements: 2,
};

/** A client that is late from so many streams on, and a server that sends to no more than so many in time. */
function host({ lateFrom = Infinity, serverMost = Infinity, sockets = Infinity }) {
  const tried: number[] = [];
  const measure = (streams: number): Promise<Rung | null> => {
    tried.push(streams);
    if (streams > sockets) return Promise.resolve(null);
    return Promise.resolve({
      streams,
      eventsPerSecond: 100 * Math.min(streams, serverMost),
      errorP99: streams >= lateFrom ? 0.0051 : 0.005,
      serverKeptUp: streams <= serverMost,
    });
  };
  return { tried, measure };
}

describe('the highest rate in time', () => {
  test('is found by doubling, then between the last held and the first late load; a late load is tried twice', async () => {
    const { tried, measure } = host({ lateFrom: 700 });
    const found = await searchRate(measure, SEARCH);
    expect(tried).toEqual([64, 128, 256, 512, 1024, 1024, 724, 724, 609]);
    expect(found).toMatchObject({ held: { streams: 609, eventsPerSecond: 60_900 }, endedBy: 'client' });
  });

  test('is not refined where nobody asks', async () => {
    const { tried, measure } = host({ lateFrom: 700 });
    expect(await searchRate(measure, { ...SEARCH, refinements: 0 })).toMatchObject({
      held: { streams: 512 },
    });
    expect(tried).toEqual([64, 128, 256, 512, 1024, 1024]);
  });

  test('is looked for below where the first load is late, and is none where every load is', async () => {
    const few = host({ lateFrom: 20 });
    expect(await searchRate(few.measure, SEARCH)).toMatchObject({ held: { streams: 19 }, endedBy: 'client' });
    expect(few.tried).toEqual([64, 64, 32, 32, 16, 23, 23, 19]);
    const none = host({ lateFrom: 1 });
    expect(await searchRate(none.measure, SEARCH)).toBeNull();
    expect(none.tried).toEqual([64, 64, 32, 32, 16, 16, 8, 8]);
  });

  test('is what the server sends where that is less than the client holds', async () => {
    const { measure } = host({ serverMost: 300 });
    expect(await searchRate(measure, SEARCH)).toMatchObject({
      held: { streams: 512, eventsPerSecond: 30_000 },
      endedBy: 'server',
    });
  });

  test('ends with the most streams, or with the sockets of the host', async () => {
    const all = host({});
    expect(await searchRate(all.measure, { ...SEARCH, mostStreams: 200 })).toMatchObject({
      held: { streams: 200 },
      endedBy: 'most_streams',
    });
    expect(await searchRate(host({ sockets: 200 }).measure, SEARCH)).toMatchObject({
      held: { streams: 128 },
      endedBy: 'most_streams',
    });
    expect(await searchRate(host({ sockets: 1 }).measure, SEARCH)).toBeNull();
  });

  test('is not lost to one moment of other work', async () => {
    let disturbed = false;
    const { measure } = host({ lateFrom: 700 });
    const found = await searchRate(async (streams) => {
      const rung = (await measure(streams))!;
      if (streams !== 128 || disturbed) return rung;
      disturbed = true;
      return { ...rung, errorP99: 1 };
    }, SEARCH);
    expect(found).toMatchObject({ held: { streams: 609 } });
  });
});
