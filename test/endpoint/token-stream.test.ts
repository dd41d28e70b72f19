import { describe, expect, test } from 'vitest';
import { TokenStream } from '../../src/endpoint/token-stream.ts';
import fc from '../property.ts';
import { sse, tokenChunk, usageChunk } from './fake-server.ts';

const encoder = new TextEncoder();

/** Feeds the parts one after another, stamped 1, 2, 3, ... */
function read(parts: readonly (string | Uint8Array)[]) {
  const stream = new TokenStream();
  parts.forEach((part, i) => {
    const bytes = typeof part === 'string' ? encoder.encode(part) : part;
    stream.feed(Buffer.from(bytes).toString('latin1'), { at_s: i + 1, bound_s: 0.25 });
  });
  return { end: stream.end(), ...stream.columns() };
}

const whole = [
  ': a comment first\n\n',
  sse(tokenChunk({ text: ' é€', usage: [5, 1] })),
  sse(tokenChunk({ text: '', usage: [5, 3] })),
  sse(tokenChunk({ text: '🙂', finish: 'length', usage: [5, 4] })),
  sse(usageChunk([5, 4])),
  sse('[DONE]'),
].join('');

describe('splitting', () => {
  const expected = { end: { finishReason: 'length' }, tokens: [1, 2, 1] };

  test('a stream cut at every byte reads the same', () => {
    const bytes = encoder.encode(whole);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { end, chunks, usage } = read([bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect({ end, tokens: chunks.tokens }).toEqual(expected);
      expect(usage?.completion_tokens).toBe(4);
    }
  });

  test('so does one cut into many pieces', () => {
    const bytes = encoder.encode(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const parts = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
        const { end, chunks } = read(parts);
        expect({ end, tokens: chunks.tokens }).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  test('an event has the stamp of the read that completed it', () => {
    const event = sse(tokenChunk({ usage: [5, 1] }));
    const { chunks } = read([event.slice(0, 20), event.slice(20), sse(tokenChunk({ usage: [5, 2] }))]);
    expect(chunks).toEqual({ at_s: [2, 3], tokens: [1, 1], bound_s: [0.25, 0.25] });
  });

  test('several events of one read share its stamp', () => {
    const { chunks } = read([sse(tokenChunk({ usage: [5, 1] })) + sse(tokenChunk({ usage: [5, 2] }))]);
    expect(chunks.at_s).toEqual([1, 1]);
  });

  test('lines may end with CR LF', () => {
    expect(read([whole.replaceAll('\n', '\r\n')]).chunks.tokens).toEqual([1, 2, 1]);
  });
});

describe('which chunk bears tokens', () => {
  const ends = [sse(usageChunk([5, 2]))];

  test('cumulative usage decides, whatever the text is', () => {
    const { chunks, tokens_counted_by } = read([
      sse(tokenChunk({ text: '', usage: [5, 1] })),
      sse(tokenChunk({ text: 'text without a token', usage: [5, 1] })),
      sse(tokenChunk({ text: '', finish: 'length', usage: [5, 2] })),
      ...ends,
    ]);
    expect(chunks).toMatchObject({ at_s: [1, 3], tokens: [1, 1] });
    expect(tokens_counted_by).toBe('server');
  });

  test('token ids decide where there is no usage by chunk', () => {
    const { chunks, tokens_counted_by } = read([
      sse(tokenChunk({ text: '', tokenIds: [7, 8, 9] })),
      sse(tokenChunk({ text: '', tokenIds: [], finish: 'length' })),
      ...ends,
    ]);
    expect(chunks.tokens).toEqual([3]);
    expect(tokens_counted_by).toBe('server');
  });

  test('else text decides: a last chunk that is empty but for its finish reason bears none', () => {
    const { chunks, tokens_counted_by } = read([
      sse(tokenChunk({ text: ' a' })),
      sse(tokenChunk({ text: '' })),
      sse(tokenChunk({ text: '', finish: 'length' })),
      ...ends,
    ]);
    expect(chunks.tokens).toEqual([1, 1]);
    expect(tokens_counted_by).toBe('chunks');
  });

  test('a role is no token but is the first of vLLM’s own client; reasoning and tool calls are tokens', () => {
    const chat = (delta: object, finish: string | null = null) =>
      sse({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] });
    const { chunks, first_choices_s } = read([
      chat({ role: 'assistant', content: '' }),
      chat({ reasoning: 'hm' }),
      chat({ reasoning_content: 'hm' }),
      chat({ tool_calls: [{ index: 0 }] }),
      chat({ content: 'yes' }, 'stop'),
      ...ends,
    ]);
    expect(chunks.at_s).toEqual([2, 3, 4, 5]);
    expect(first_choices_s).toBe(1);
  });

  test('a usage-only chunk never extends the answer', () => {
    expect(read([sse(tokenChunk({ usage: [5, 1], finish: 'length' })), ...ends]).chunks.at_s).toEqual([1]);
  });
});

describe('how a stream ends', () => {
  test('cached prompt tokens are kept where the server tells', () => {
    const usage = { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 3 } };
    const { usage: read_ } = read([sse(tokenChunk({ finish: 'length' })), sse({ choices: [], usage })]);
    expect(read_?.cached_tokens).toBe(3);
  });

  test.each(['abort', 'error'])('finish reason %s is a failure', (finish) => {
    expect(read([sse(tokenChunk({ finish, usage: [5, 1] }))]).end).toMatchObject({
      failure: { kind: 'stream_error' },
    });
  });

  test('a stream without [DONE] is complete when its usage is in', () => {
    expect(read([sse(tokenChunk({ finish: 'length', usage: [5, 1] }))]).end).toEqual({
      finishReason: 'length',
    });
  });

  test('the first failure is the one that is told', () => {
    const { end } = read([sse({ error: { message: 'first' } }), 'data: {{{\n\n']);
    expect(end).toEqual({ failure: { kind: 'stream_error', message: 'first' } });
  });

  test('an endless event is cut off', () => {
    const megabyte = 'x'.repeat(1 << 20);
    const { end } = read(['data: ', megabyte, megabyte, megabyte, megabyte, megabyte]);
    expect(end).toMatchObject({ failure: { kind: 'protocol' } });
  });
});

test('no bytes whatever make it throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (parts) => {
      expect(read(parts).end).toHaveProperty('failure');
    }),
  );
  fc.assert(
    fc.property(fc.json(), (json) => {
      const { chunks } = read([sse(json.replace(/\n/g, ''))]);
      expect(chunks.tokens.every((tokens) => tokens >= 1)).toBe(true);
    }),
  );
});
