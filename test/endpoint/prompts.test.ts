import { expect, test } from 'vitest';
import { plainText } from '../../src/endpoint/plain-text.ts';
import { freshSalt, randomIdPrompts, safeIdRange } from '../../src/endpoint/prompts.ts';
import { textIdPrompts } from '../../src/endpoint/text-prompts.ts';
import fc from '../property.ts';
import { fakeServer } from './fake-server.ts';

test('random prompts have their exact length and keep to ordinary tokens', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 64, max: 200_000 }),
      fc.integer({ min: 1, max: 300 }),
      (vocabulary, tokens) => {
        const ids = randomIdPrompts(vocabulary, 1).next(tokens);
        const [low, high] = safeIdRange(vocabulary);
        expect(ids).toHaveLength(tokens);
        expect(low).toBeGreaterThan(0);
        expect(high).toBeLessThan(vocabulary);
        expect(Math.min(...ids)).toBeGreaterThanOrEqual(low);
        expect(Math.max(...ids)).toBeLessThanOrEqual(high);
      },
    ),
  );
});

test('no prompt begins like one before it', () => {
  const prompts = randomIdPrompts(1000, 1);
  const firsts = Array.from({ length: 800 }, () => prompts.next(3)[0]);
  expect(new Set(firsts).size).toBe(800);
});

test('another run sends other prompts, and every request another salt', () => {
  expect(randomIdPrompts(50_000).next(20)).not.toEqual(randomIdPrompts(50_000).next(20));
  const salts = Array.from({ length: 100 }, freshSalt);
  expect(new Set(salts).size).toBe(100);
  for (const salt of salts) expect(salt).toMatch(/^[A-Za-z0-9_-]{1,43}$/);
});

const access = (url: string) => ({ url, apiKey: null, apiKeyEnv: null });

test('text prompts are ids of the server’s tokeniser, exact in length, each in another order', async () => {
  const server = await fakeServer((body, response) => {
    const ids = (body.prompt as string).split(' ').map((word) => word.length);
    response.end(JSON.stringify({ count: ids.length, tokens: ids }));
  });
  const prompts = await textIdPrompts(access(server.url), 'm', 1);
  expect(server.bodies[0]).toMatchObject({ model: 'm', add_special_tokens: false });
  for (const tokens of [1, 13, 1000]) expect(prompts.next(tokens)).toHaveLength(tokens);
  expect(prompts.next(50)).not.toEqual(prompts.next(50));
});

test('a server without a tokeniser is told apart, with the way out', async () => {
  const server = await fakeServer((_, response) => response.writeHead(404).end('{}'));
  await expect(textIdPrompts(access(server.url), 'm')).rejects.toMatchObject({
    exitCode: 3,
    mend: expect.stringContaining('random_ids'),
  });
});

test('plain text is sentences, the same for a seed', () => {
  expect(plainText(3, 1)).toBe(plainText(3, 1));
  expect(plainText(20, 1)).not.toBe(plainText(20, 2));
  expect(plainText(20, 1)).toMatch(/^([A-Z][^.]+\. ?){20}$/);
});
