import { describe, expect, test } from 'vitest';
import { AnswerText, askedStream } from '../../src/null-server/answer.ts';

const asked = { tokens: 2, promptTokens: 7, includeUsage: true, continuousUsage: true };

/** The JSON of the events in text of chunked transfer coding. */
const events = (text: string): unknown[] =>
  [...text.matchAll(/^data: (\{.*\})$/gm)].map((match) => JSON.parse(match[1]!));

test('a body says what is asked', () => {
  const body = { prompt: [1, 2, 3], stream: true, max_tokens: 5, stream_options: { include_usage: true } };
  expect(askedStream(JSON.stringify(body))).toEqual({
    tokens: 5,
    promptTokens: 3,
    includeUsage: true,
    continuousUsage: false,
  });
  expect(askedStream('{"prompt":"x"}')).toBeNull();
});

describe('an answer', () => {
  test('counts its tokens in every event and ends with usage', () => {
    const text = new AnswerText('id', false, asked);
    const usage = (completed: number) => ({
      prompt_tokens: 7,
      total_tokens: 7 + completed,
      completion_tokens: completed,
    });
    expect(events(text.token(1))).toMatchObject([
      { id: 'cmpl-id', choices: [{ text: ' a', finish_reason: null }], usage: usage(1) },
    ]);
    expect(events(text.token(2))).toMatchObject([
      { choices: [{ finish_reason: 'length' }], usage: usage(2) },
    ]);
    expect(events(text.end())).toMatchObject([{ choices: [], usage: usage(2) }]);
    expect(text.end()).toMatch(/data: \[DONE\]\n\n\r\n0\r\n\r\n$/);
  });

  test('has usage only where it was asked for', () => {
    const text = new AnswerText('id', true, { ...asked, includeUsage: false, continuousUsage: false });
    expect(events(text.token(1))).toMatchObject([{ choices: [{ delta: { content: ' a' } }] }]);
    expect(text.token(1)).not.toContain('usage');
    expect(events(text.end())).toEqual([]);
  });
});
