import { describe, expect, test } from 'vitest';
import { RequestReader } from '../../src/null-server/request-reader.ts';
import fc from '../property.ts';

const post = (body: string, id: string): string =>
  `POST /v1/completions HTTP/1.1\r\nHost: h\r\nX-Request-Id: ${id}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('requests', () => {
  test('come out the same however their bytes were split', () => {
    const bytes = Buffer.from(`${post('{"prompt":"ä"}', 'a')}GET /health HTTP/1.1\r\n\r\n${post('', 'b')}`);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: bytes.length }), { maxLength: 8 }), (cuts) => {
        const reader = new RequestReader();
        const ends = [...new Set([...cuts, bytes.length])].sort((a, b) => a - b);
        const requests = ends.flatMap((end, index) => reader.feed(bytes.subarray(ends[index - 1] ?? 0, end)));
        expect(requests).toEqual([
          { method: 'POST', path: '/v1/completions', requestId: 'a', body: '{"prompt":"ä"}' },
          { method: 'GET', path: '/health', requestId: null, body: '' },
          { method: 'POST', path: '/v1/completions', requestId: 'b', body: '' },
        ]);
      }),
    );
  });

  test('without a length are refused', () => {
    const head = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(() => new RequestReader().feed(Buffer.from(head))).toThrow('content-length');
  });
});
