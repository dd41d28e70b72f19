import { describe, expect, test } from 'vitest';
import { ClosedEarly, HttpError } from '../../src/endpoint/http-head.ts';
import { HttpReader } from '../../src/endpoint/http-reader.ts';
import fc from '../property.ts';

fc.configureGlobal({ seed: 6 });

/** Everything that a reader tells, as text; pieces of one body are joined, so that cuts do not show. */
class Told {
  readonly events: string[] = [];
  #body = '';

  head = ({ status }: { status: number }) => void this.events.push(`head ${status}`);
  body = (text: string) => {
    this.#body += text;
  };
  end = (reusable: boolean) => {
    this.events.push(`body ${this.#body}`, `end${reusable ? '' : ' of the connection'}`);
    this.#body = '';
  };
}

function read(pieces: readonly string[], closed = false): string[] {
  const told = new Told();
  const reader = new HttpReader(told);
  for (const piece of pieces) reader.feed(piece);
  if (closed) reader.close();
  return told.events;
}

const head = (...headers: string[]): string => ['HTTP/1.1 200 OK', ...headers, '', ''].join('\r\n');
const chunked = (...chunks: string[]): string =>
  `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;

/** The text cut at any places. */
const cutAnywhere = (text: string) =>
  fc
    .array(fc.nat(text.length), { maxLength: 30 })
    .map((cuts) => [0, ...cuts.sort((a, b) => a - b), text.length])
    .map((edges) => edges.slice(1).map((edge, i) => text.slice(edges[i], edge)));

const ANSWERS: Record<string, readonly [text: string, told: readonly string[]]> = {
  'chunked coding': [
    head('Transfer-Encoding: chunked') + chunked('data: a\n\n', 'data: b\n\n'),
    ['head 200', 'body data: a\n\ndata: b\n\n', 'end'],
  ],
  'chunks with extensions, upper-case sizes, trailers and bare line feeds': [
    `HTTP/1.1 200 OK\nTransfer-Encoding:CHUNKED\n\nA;x="y"\n0123456789\n1 \r\n!\r\n0\r\nX-Sum: 1\r\n\r\n`,
    ['head 200', 'body 0123456789!', 'end'],
  ],
  'a content-length': [`${head('content-length: 5')}hello`, ['head 200', 'body hello', 'end']],
  'no body at all': [head('content-length: 0'), ['head 200', 'body ', 'end']],
  'a status that has none': ['HTTP/1.1 204\r\n\r\n', ['head 204', 'body ', 'end']],
  'informational heads before': [
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${head('content-length: 2')}ok`,
    ['head 200', 'body ok', 'end'],
  ],
  'a connection that closes after it': [
    `${head('connection: close', 'content-length: 2')}ok`,
    ['head 200', 'body ok', 'end of the connection'],
  ],
  'HTTP/1.0, which closes': [
    'HTTP/1.0 500 Oops\r\ncontent-length: 2\r\n\r\nno',
    ['head 500', 'body no', 'end of the connection'],
  ],
  'one length said twice': [
    `${head('content-length: 2', 'content-length: 2')}ok`,
    ['head 200', 'body ok', 'end'],
  ],
  'both a length and chunks: chunks count, the connection does not stay': [
    head('content-length: 9', 'transfer-encoding: chunked') + chunked('ok'),
    ['head 200', 'body ok', 'end of the connection'],
  ],
};

describe('an answer', () => {
  test.each(Object.entries(ANSWERS))('with %s reads the same however it is cut', (_, [text, told]) => {
    expect(read([text])).toEqual(told);
    expect(read([...text])).toEqual(told);
    fc.assert(
      fc.property(cutAnywhere(text), (pieces) => {
        expect(read(pieces)).toEqual(told);
      }),
    );
  });

  test('without a length ends with its connection', () => {
    expect(read([head('content-type: text/plain'), 'all ', 'of it'], true)).toEqual([
      'head 200',
      'body all of it',
      'end of the connection',
    ]);
  });

  test('gives whole chunks as pieces, so that an event of a server is one piece', () => {
    const pieces: string[] = [];
    const sink = { head: () => {}, body: (text: string) => void pieces.push(text), end: () => {} };
    new HttpReader(sink).feed(head('transfer-encoding: chunked') + chunked('one', 'two'));
    expect(pieces).toEqual(['one', 'two']);
  });

  test('keeps headers by lower-case name, repeated ones joined', () => {
    let headers = new Map<string, string>();
    const sink = {
      head: (read: { headers: ReadonlyMap<string, string> }) => {
        headers = new Map(read.headers);
      },
      body: () => {},
      end: () => {},
    };
    new HttpReader(sink).feed(head('X-A:  1 ', 'x-a: 2', 'Content-Length: 0'));
    expect(headers.get('x-a')).toBe('1, 2');
  });

  test('is followed by the next one of the connection', () => {
    const told = new Told();
    const reader = new HttpReader(told);
    for (let request = 0; request < 3; request++) {
      reader.next();
      reader.feed(`${head('content-length: 2')}ok`);
      reader.close();
    }
    expect(told.events).toHaveLength(9);
  });
});

describe('what is no answer', () => {
  test.each([
    ['another protocol', '220 smtp.example ready\r\n'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
    ['no status', 'HTTP/1.1 abc\r\n\r\n'],
    ['a header without a name', head(': x')],
    ['a folded header', head('a: b', ' c')],
    ['a space before the colon', head('content-length : 5')],
    ['a negative length', head('content-length: -1')],
    ['two lengths', head('content-length: 1', 'content-length: 2')],
    ['another transfer coding', head('transfer-encoding: gzip, chunked')],
    ['another protocol asked for', 'HTTP/1.1 101 Switching\r\nupgrade: h2c\r\n\r\n'],
    ['a chunk size that is none', `${head('transfer-encoding: chunked')}xyz\r\n`],
    ['a chunk size that is too large', `${head('transfer-encoding: chunked')}fffffffffffffffff\r\n`],
    ['a chunk longer than its size', `${head('transfer-encoding: chunked')}1\r\nabc\r\n`],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`],
    ['a chunk-size line without end', `${head('transfer-encoding: chunked')}1;${'x'.repeat(5000)}`],
    ['bytes after the end', `${head('content-length: 1')}ab`],
  ])('is refused: %s', (_, text) => {
    expect(() => read([text])).toThrow(HttpError);
    expect(() => read(text.match(/.{1,7}/gs)!)).toThrow(HttpError);
  });

  test.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\ncontent-'],
    ['half a body', `${head('content-length: 5')}he`],
    ['no last chunk', `${head('transfer-encoding: chunked')}2\r\nok\r\n`],
    ['half a trailer', `${head('transfer-encoding: chunked')}0\r\nx: 1\r\n`],
  ])('is not whole when the connection closes after %s', (_, text) => {
    expect(() => read([text], true)).toThrow(ClosedEarly);
  });

  test('never breaks the reader: garbage is refused or read, whatever it is', () => {
    const bits = fc.constantFrom(
      ...['HTTP/1.1 200 OK\r\n', '\r\n', '\n', 'content-length: 3\r\n', 'transfer-encoding: chunked\r\n'],
      ...[
        '3\r\nabc\r\n',
        '0\r\n\r\n',
        'f',
        ';',
        ': ',
        '\0',
        'ÿ',
        'data: {}\n\n',
        'HTTP/1.1 100 Continue\r\n\r\n',
      ],
    );
    const noise = fc.array(fc.oneof(bits, fc.string({ maxLength: 8, unit: 'binary-ascii' })), {
      maxLength: 25,
    });
    fc.assert(
      fc.property(noise, fc.boolean(), (pieces, closed) => {
        try {
          read(pieces, closed);
        } catch (error) {
          const known = error instanceof HttpError || error instanceof ClosedEarly;
          expect(known, `${error}`).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('is refused, or not, however it is cut', () => {
    const outcome = (pieces: readonly string[]): string => {
      try {
        return read(pieces, true).join();
      } catch (error) {
        return (error as Error).constructor.name;
      }
    };
    const part = fc.constantFrom(
      ...[
        'HTTP/1.1 200 OK\r\n',
        'content-length: 3\r\n',
        'transfer-encoding: chunked\r\n',
        '\r\n',
        'abc',
        '3\r\n',
        '0\r\n',
      ],
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }).chain((parts) => {
          const text = parts.join('');
          return fc.tuple(fc.constant(text), cutAnywhere(text));
        }),
        ([text, pieces]) => {
          expect(outcome(pieces)).toBe(outcome([text]));
        },
      ),
      { numRuns: 500 },
    );
  });
});
