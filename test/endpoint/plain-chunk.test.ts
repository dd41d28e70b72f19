import { describe, expect, test } from 'vitest';
import { readChunk } from '../../src/endpoint/completion-chunk.ts';
import { PlainChunks } from '../../src/endpoint/plain-chunk.ts';
import fc from '../property.ts';

fc.configureGlobal({ seed: 6 });

interface Event {
  readonly chat: boolean;
  readonly text: string;
  readonly usage: readonly [number, number] | null;
}

const escapes = (text: string): string => JSON.stringify(text).slice(1, -1);

/** One event as vLLM serialises it. */
function eventText({ chat, text, usage }: Event, finish: string | null = null): string {
  const object = chat ? 'chat.completion.chunk' : 'text_completion';
  const content = chat ? `"delta":{"content":"${escapes(text)}"}` : `"text":"${escapes(text)}"`;
  const choice = `{"index":0,${content},"logprobs":null,"finish_reason":${JSON.stringify(finish)},"stop_reason":null,"token_ids":null}`;
  const counts =
    usage &&
    `,"usage":{"prompt_tokens":${usage[0]},"total_tokens":${usage[0] + usage[1]},"completion_tokens":${usage[1]}}`;
  return `data: {"id":"cmpl-1","object":"${object}","created":1700000000,"model":"m/x","choices":[${choice}]${counts ?? ''}}\n\n`;
}

/** As bytes of the wire, one character a byte. */
const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const slow = (text: string): unknown => readChunk(JSON.parse(text.slice('data: '.length)));

const event = fc.record({
  chat: fc.boolean(),
  text: fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom('', '"', '\\', '\n', '\u0007', 'é🙂', '","x":"'),
  ),
  usage: fc.option(fc.tuple(fc.nat(100_000), fc.nat(100_000))),
});

describe('a plain event', () => {
  test('gives what the parser of JSON gives, alone or after any others', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 6 }), (events) => {
        const plain = new PlainChunks();
        const stream = events.map((one) => eventText(one));
        const text = latin1(stream.join(''));
        let at = 0;
        for (const one of stream) {
          const chunk = plain.at(text, at);
          expect(chunk).toEqual(slow(one));
          at += latin1(one).length;
          expect(plain.end).toBe(at);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('is never taken for more or less than it is: with one change anywhere it is refused or read as JSON reads it', () => {
    const change = fc.tuple(
      event,
      fc.nat(),
      fc.constantFrom('', '"', '\\', '{', '}', '0', '1', '-', ',', 'x', '\n', ' ', '\u0001', 'null'),
      fc.nat(2),
    );
    fc.assert(
      fc.property(change, event, ([one, place, inserted, removed], before) => {
        const whole = eventText(one);
        const at = place % whole.length;
        const changed = whole.slice(0, at) + inserted + whole.slice(at + removed);
        // A stream that has seen an event before takes its short way.
        for (const seen of [null, before, one]) {
          const plain = new PlainChunks();
          if (seen !== null) plain.at(latin1(eventText(seen)), 0);
          const chunk = plain.at(latin1(changed), 0);
          if (chunk === null) continue;
          const consumed = Buffer.from(latin1(changed).slice(0, plain.end), 'latin1').toString('utf8');
          expect(consumed.endsWith('\n\n')).toBe(true);
          expect(consumed.slice(0, -2)).not.toContain('\n');
          expect(chunk).toEqual(slow(consumed));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('left to the parser of JSON', () => {
  const plainText = eventText({ chat: false, text: 'a', usage: [5, 1] });

  test.each([
    ['the last token', eventText({ chat: false, text: 'a', usage: [5, 1] }, 'length')],
    ['half an event', plainText.slice(0, -1)],
    ['other line ends', plainText.replace('\n\n', '\r\n\r\n')],
    ['a comment', `: ping\n\n${plainText}`],
    ['an error', 'data: {"error":{"message":"x"}}\n\n'],
    ['the end', 'data: [DONE]\n\n'],
    ['token ids', plainText.replace('"token_ids":null', '"token_ids":[7]')],
    [
      'usage with details',
      plainText.replace('"completion_tokens":1', '"completion_tokens":1,"prompt_tokens_details":null'),
    ],
    ['a number that JSON has not', plainText.replace('"completion_tokens":1', '"completion_tokens":01')],
    ['a second choice', plainText.replace('"index":0', '"index":1')],
  ])('%s', (_, text) => {
    const fresh = new PlainChunks();
    expect(fresh.at(text, 0)).toBeNull();
    const used = new PlainChunks();
    expect(used.at(plainText, 0)).not.toBeNull();
    expect(used.at(text, 0)).toBeNull();
  });
});
