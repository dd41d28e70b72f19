import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSuite } from '../../src/suite/load-suite.ts';
import { parseTrace } from '../../src/suite/trace-csv.ts';
import { loadText, suiteError, suiteText } from './suite-text.ts';

const rows = 'timestamp,input_tokens,output_tokens\n10,100,20\n10.5,200,30\n12,300,40\n';

describe('a trace', () => {
  test('is read from its own names and from those of published ones', () => {
    const expected = { at_s: [0, 0.5, 2], input_tokens: [100, 200, 300], output_tokens: [20, 30, 40] };
    expect(parseTrace(rows, 't.csv')).toEqual(expected);
    expect(
      parseTrace(
        rows.replace(
          'timestamp,input_tokens,output_tokens',
          '\uFEFFTimestamp,Request tokens,Response tokens',
        ),
        't.csv',
      ),
    ).toEqual(expected);
    const azure =
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,100,20\n2023-11-16 18:17:04.4799600,200,30\n2023-11-16 18:17:05.9799600,300,40\n';
    expect(parseTrace(azure, 't.csv')).toEqual(expected);
    const splitwise =
      'request_id,arrival_timestamp,prompt_size,token_size\n0,3,100,20\n1,3.5,200,30\n2,5,300,40\n';
    expect(parseTrace(splitwise, 't.csv')).toEqual(expected);
  });

  test('is cut to its first requests', () => {
    expect(parseTrace(rows, 't.csv', 2).at_s).toEqual([0, 0.5]);
  });

  test.each([
    ['an empty file', '', 't.csv: the trace is empty'],
    [
      'a missing column',
      rows.replace('output_tokens', 'foo'),
      "t.csv:1: no column 'output_tokens' in the trace",
    ],
    [
      'a length that is none',
      rows.replace('200,', '0,'),
      "t.csv:3: input_tokens is '0', not a whole number from 1 to",
    ],
    [
      'a time that is none',
      rows.replace('10.5', 'noon'),
      "t.csv:3: timestamp 'noon' is neither seconds nor a date and time",
    ],
    [
      'a time that goes back',
      rows.replace('12,', '1,'),
      't.csv:4: this request came before the one above it',
    ],
    ['a row that is cut short', rows.replace(',30', ''), 't.csv:3: Invalid Record Length'],
    [
      'one request',
      rows.split('\n').slice(0, 2).join('\n'),
      't.csv: a trace needs two requests at different times',
    ],
  ])('says where %s stands', (_, text, error) => {
    expect(() => parseTrace(text, 't.csv')).toThrow(expect.objectContaining({ exitCode: 2 }));
    try {
      parseTrace(text, 't.csv');
    } catch (thrown) {
      expect((thrown as { toLines(): string[] }).toLines()[0]).toContain(error);
    }
  });
});

describe('a suite with open loops', () => {
  const block = (load: string) => `grid:\n  - input: [128]\n    output: [64]\n    load: ${load}\n`;

  test('has a point a rate, Poisson unless it says otherwise', () => {
    const { points } = loadText(block('{ rate_per_s: [2, 0.5] }'));
    expect(points.map(({ load }) => load)).toEqual([
      { kind: 'rate', rate_per_s: 2, arrivals: 'poisson', burstiness: null },
      { kind: 'rate', rate_per_s: 0.5, arrivals: 'poisson', burstiness: null },
    ]);
    const gamma = loadText(block('{ rate_per_s: [2], arrivals: gamma, burstiness: 0.5 }'));
    expect(gamma.points[0]!.load).toMatchObject({ arrivals: 'gamma', burstiness: 0.5 });
  });

  test.each(['{ rate_per_s: [2], arrivals: gamma }', '{ rate_per_s: [2], burstiness: 0.5 }'])(
    '%s is refused',
    (load) => {
      expect(suiteError(block(load))).toContain('burstiness goes with arrivals: gamma');
    },
  );

  test('replays a trace beside it: its digest and speed are the cell, its mean lengths the shape', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ridge-trace-'));
    const suite = async (csv: string, load: string) => {
      await writeFile(join(folder, 't.csv'), csv);
      await writeFile(join(folder, 's.yaml'), suiteText(`grid:\n  - load: ${load}\n`));
      return (await loadSuite(join(folder, 's.yaml'))).points;
    };
    const points = await suite(rows, '{ trace: t.csv, speed: [1, 2] }');
    expect(points.map(({ input_tokens, output_tokens }) => [input_tokens, output_tokens])).toEqual([
      [200, 30],
      [200, 30],
    ]);
    expect(points.map(({ load }) => load.kind === 'trace' && load.speed)).toEqual([1, 2]);
    const digest = (all: typeof points) => (all[0]!.load.kind === 'trace' ? all[0]!.load.trace.digest : '');
    expect(digest(await suite(rows.replaceAll('\n', '\r\n'), '{ trace: t.csv }'))).toBe(digest(points));
    expect(digest(await suite(rows.replace('300', '301'), '{ trace: t.csv }'))).not.toBe(digest(points));
    await expect(suite(rows, '{ trace: gone.csv }')).rejects.toMatchObject({
      message: expect.stringContaining('gone.csv: no such file'),
      where: expect.stringContaining('s.yaml:4'),
    });
  });
});
