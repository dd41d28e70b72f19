import { expect, test } from 'vitest';
import { freshSalt, randomIdPrompts, safeIdRange } from '../../src/endpoint/prompts.ts';
import { textIdPrompts } from '../../src/endpoint/text-prompts.ts';
import { LIBRARY_TEXT, WORKS, workTitles } from '../../src/endpoint/texts/library.ts';
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

test('the shipped text is small, free for all by its age, plain, and does not repeat itself', () => {
  expect(LIBRARY_TEXT.length).toBeGreaterThan(25_000);
  expect(LIBRARY_TEXT.length).toBeLessThan(60_000);
  for (const { year, author } of WORKS) {
    expect(year).toBeLessThan(1900);
    expect(author).not.toBe('');
  }
  expect(LIBRARY_TEXT).toMatch(/^[\x20-\x7e\n]+$/);
  const paragraphs = LIBRARY_TEXT.split('\n\n');
  expect(new Set(paragraphs).size).toBe(paragraphs.length);
  expect(workTitles()).toContain('Pride and Prejudice, chapter 1 (Jane Austen, 1813)');
});
