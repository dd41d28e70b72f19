import { expect, test } from 'vitest';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { decodeTimeline, encodeTimeline, quantise } from '../../src/measure/timeline-codec.ts';
import { requestLineSchema } from '../../src/run/schema.ts';
import fc from '../property.ts';

const seconds = fc.double({ min: 0, max: 1e5, noNaN: true });
const chunk = fc.record({
  at: seconds,
  tokens: fc.integer({ min: 1, max: 30 }),
  bound: fc.double({ min: 0, max: 1, noNaN: true }),
});

const timelines: fc.Arbitrary<RequestTimeline> = fc
  .record({ times: fc.tuple(seconds, seconds, seconds), first: fc.option(seconds), chunks: fc.array(chunk) })
  .map(({ times: [scheduled_s, sent_s, ended_s], first, chunks }) => ({
    sequence: 3,
    stream: 1,
    role: 'load',
    input_tokens: 128,
    output_tokens: 64,
    scheduled_s,
    sent_s,
    first_byte_s: first,
    chunks: {
      at_s: chunks.map(({ at }) => at).sort((a, b) => a - b),
      tokens: chunks.map(({ tokens }) => tokens),
      bound_s: chunks.map(({ bound }) => bound),
    },
    usage: { prompt_tokens: 128, completion_tokens: 64, cached_tokens: null },
    tokens_counted_by: 'server',
    ended_s,
    outcome: { state: 'completed', finish_reason: 'length' },
    first_choices_s: first,
  }));

test('a timeline comes back with every stamp, to half a microsecond', () => {
  fc.assert(
    fc.property(timelines, (timeline) => {
      const line = JSON.parse(JSON.stringify(encodeTimeline(timeline)));
      const back = decodeTimeline(requestLineSchema.parse(line));
      expect(back).toEqual(quantise(timeline));
      expect(back.chunks.tokens).toEqual(timeline.chunks.tokens);
      expect({ ...back, chunks: null }).toMatchObject({ sequence: 3, role: 'load', usage: timeline.usage });
      // Errors do not add up along the stream.
      back.chunks.at_s.forEach((at, index) => {
        expect(Math.abs(at - timeline.chunks.at_s[index]!)).toBeLessThanOrEqual(0.51e-6);
      });
      expect(encodeTimeline(back)).toEqual(encodeTimeline(timeline));
    }),
  );
});

test('one token a chunk takes no room', () => {
  const [timeline] = fc.sample(timelines, 1);
  const chunks = { at_s: [1, 1.01, 1.02], tokens: [1, 1, 1], bound_s: [0.0001, 0.0001, 0.0001] };
  const line = encodeTimeline({ ...timeline!, chunks });
  expect(line).toMatchObject({ chunk_steps_us: [1_000_000, 10_000, 10_000], chunk_tokens: 1 });
});
