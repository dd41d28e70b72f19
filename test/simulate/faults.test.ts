import { describe, expect, it } from 'vitest';
import { FaultPlan } from '../../src/simulate/fault-plan.ts';
import { parseFault } from '../../src/simulate/faults.ts';
import { createRandom } from '../../src/simulate/random.ts';
import { body, chunksOf, endpoint, post } from './endpoint.ts';

// What each fault does to a client stands in one table: test/faults.
describe('a fault is asked for', () => {
  it('by a request itself, for this request alone', async () => {
    const open = await endpoint();
    const failing = await post(open, body(), { 'x-ridge-fault': 'http-500' });
    expect(failing.status).toBe(500);
    expect(await failing.json()).toMatchObject({ error: { code: 500 } });
    const cut = await (await post(open, body(), { 'x-ridge-fault': 'truncated' })).text();
    expect(chunksOf(cut)).toHaveLength(3);
    expect(chunksOf(await (await post(open, body())).text())).toHaveLength(7);
  });

  it('while it runs, which replaces the ones before and counts anew', async () => {
    const open = await endpoint({ faults: [parseFault('http-503')] });
    const replace = (rules: unknown): Promise<Response> =>
      fetch(`${open.url}/ridge/faults`, { method: 'POST', body: JSON.stringify(rules) });
    const statuses = async (): Promise<number[]> => {
      const answers = [await post(open, body()), await post(open, body())];
      for (const answer of answers) await answer.text();
      return answers.map(({ status }) => status);
    };
    expect(await statuses()).toEqual([503, 503]);
    expect((await replace(['http-429:1'])).status).toBe(200);
    expect(await statuses()).toEqual([429, 200]);
    expect((await replace(['nonsense'])).status).toBe(400);
    expect((await replace({})).status).toBe(400);
    expect(await statuses()).toEqual([200, 200]);
  });
});

describe('when a fault strikes', () => {
  const strikes = (rule: string, requests: number): boolean[] => {
    const plan = new FaultPlan([parseFault(rule)], createRandom(1, 0));
    return Array.from({ length: requests }, () => plan.next(undefined).size > 0);
  };

  it('is every request, the first ones, or a share', () => {
    expect(strikes('garbage', 3)).toEqual([true, true, true]);
    expect(strikes('http-500:2', 4)).toEqual([true, true, false, false]);
    expect(strikes('http-500:3+', 4)).toEqual([false, false, true, true]);
    const share = strikes('http-429:0.25', 1000).filter(Boolean).length / 1000;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
  });

  it.each([
    ['nonsense', 'unknown fault'],
    ['constructor', 'unknown fault'],
    ['garbage:x', 'needs a whole number'],
    ['garbage:1.5', 'needs a whole number'],
    ['exit-after', 'needs a number of requests'],
    ['exit-after:3+', 'needs a number of requests'],
    ['garbage:0.5+', 'needs a whole number'],
    ['refused-after:0.5', 'needs a number of requests'],
  ])('refuses %s', (rule, message) => {
    expect(() => parseFault(rule)).toThrow(message);
  });
});
