import { describe, expect, it, vi } from 'vitest';
import { FaultPlan } from '../../src/simulate/fault-plan.ts';
import { parseFault } from '../../src/simulate/faults.ts';
import { createRandom } from '../../src/simulate/random.ts';
import { body, chunksOf, dataOf, endpoint, post } from './endpoint.ts';

/** The answer of an endpoint to a request that asks for a fault. */
const faulty = async (fault: string, more: Record<string, unknown> = {}): Promise<Response> =>
  post(await endpoint(), body(more), { 'x-ridge-fault': fault });

describe('faults, asked for by header', () => {
  it.each([
    ['http-429', 429],
    ['http-500', 500],
    ['http-503', 503],
  ])('%s', async (fault, status) => {
    const response = await faulty(fault);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code: status } });
  });

  it('reset-mid-stream', async () => {
    const response = await faulty('reset-mid-stream');
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('stall-mid-stream', async () => {
    const response = await faulty('stall-mid-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (chunksOf(text).length < 3) text += (await reader.read()).value;
    const more = reader.read().then(() => 'more');
    const silence = new Promise((resolve) => setTimeout(resolve, 150, 'silence'));
    expect(await Promise.race([more, silence])).toBe('silence');
    await reader.cancel();
  });

  it('error-in-stream', async () => {
    const response = await faulty('error-in-stream');
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(chunksOf(text).at(-1)).toMatchObject({ error: { type: 'InternalServerError', code: 500 } });
    expect(chunksOf(text)).toHaveLength(4);
    expect(dataOf(text).at(-1)).toBe('[DONE]');
  });

  it('truncated', async () => {
    const text = await (await faulty('truncated')).text();
    expect(chunksOf(text)).toHaveLength(3);
    expect(text).not.toMatch(/"finish_reason":"|DONE/);
  });

  it('garbage', async () => {
    const events = dataOf(await (await faulty('garbage')).text());
    expect(() => JSON.parse(events[3]!)).toThrow(SyntaxError);
    expect(events.at(-1)).toBe('[DONE]');
  });

  it('no-usage', async () => {
    const text = await (await faulty('no-usage')).text();
    expect(text).not.toContain('"usage"');
    expect(chunksOf(text)).toHaveLength(6);
  });

  it('wrong-usage', async () => {
    const chunks = chunksOf(await (await faulty('wrong-usage')).text());
    expect(chunks.at(-1)!.usage!.completion_tokens).toBe(7);
  });

  it('missing-done', async () => {
    const text = await (await faulty('missing-done')).text();
    expect(text).not.toContain('[DONE]');
    expect(chunksOf(text).at(-1)!.usage!.completion_tokens).toBe(6);
  });

  it('slow-first-byte', async () => {
    const began = performance.now();
    const response = await faulty('slow-first-byte');
    expect(performance.now() - began).toBeGreaterThan(450);
    expect(chunksOf(await response.text())).toHaveLength(7);
  });
});

it('refused-after: stops listening after that many requests, which still end', async () => {
  const open = await endpoint({ faults: [parseFault('refused-after:2')] });
  expect(chunksOf(await (await post(open, body())).text())).toHaveLength(7);
  expect(chunksOf(await (await post(open, body(), { connection: 'close' })).text())).toHaveLength(7);
  await expect(post(open, body())).rejects.toThrow();
});

it('exit-after: leaves half way through that request', async () => {
  const exit = vi.fn();
  const open = await endpoint({ faults: [parseFault('exit-after:2')], exit });
  await (await post(open, body())).text();
  expect(exit).not.toHaveBeenCalled();
  await (await post(open, body())).text();
  expect(exit).toHaveBeenCalledOnce();
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
