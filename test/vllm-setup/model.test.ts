import { expect, test } from 'vitest';
import { byteAlphabet, byteLevelTokenizer, modelConfig } from '../../scripts/vllm/model.ts';

test('the byte alphabet has 256 distinct characters, and printable ASCII stands for itself', () => {
  const alphabet = byteAlphabet();
  expect(new Set(alphabet).size).toBe(256);
  expect(alphabet['A'.charCodeAt(0)]).toBe('A');
  expect(alphabet[0]).toBe('Ā');
  expect(alphabet[' '.charCodeAt(0)]).toBe('Ġ');
  expect(alphabet.every((character) => /^\S$/u.test(character))).toBe(true);
});

test("special tokens follow the bytes and fit the model's vocabulary", () => {
  const tokenizer = byteLevelTokenizer();
  const ids = tokenizer.added_tokens.map((token) => token.id);
  expect(ids).toEqual([256, 257]);
  expect(ids).toEqual([modelConfig('tiny').bos_token_id, modelConfig('tiny').eos_token_id]);
  expect(modelConfig('tiny').vocab_size).toBeGreaterThan(257);
});
