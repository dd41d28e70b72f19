import { expect, test } from 'vitest';
import { closedLoopCell } from '../../src/plan/closed-loop-cell.ts';
import { identifiability, type PlannedOn } from '../../src/plan/identifiability.ts';
import type { CellShape } from '../../src/run/schema.ts';
import { factsOf } from './facts.ts';

const cell = (input_tokens: number, output_tokens: number, concurrency: number): CellShape =>
  closedLoopCell({ input_tokens, output_tokens, concurrency });
const on = (tensorParallel: number, cells: readonly CellShape[]): PlannedOn => ({
  facts: factsOf({ name: `tp${tensorParallel}`, tensorParallel }),
  cells,
});
/** Parameters that cannot be identified, with what is said of them. */
const open = (planned: readonly PlannedOn[]) =>
  identifiability(planned)[0]!.parameters.filter(({ identified }) => !identified);

const GOOD = [
  cell(128, 2, 1),
  cell(2048, 2, 1),
  cell(16_384, 2, 1),
  cell(16_384, 192, 1),
  cell(128, 512, 64),
  cell(128, 512, 192),
  cell(4096, 512, 16),
];

test('a grid by the design rules on two TPs identifies everything', () => {
  expect(open([on(1, GOOD), on(2, GOOD)])).toEqual([]);
});

test('without TP 1 the all-reduce latency is open, and a cell at TP 1 is named', () => {
  const latency = open([on(2, GOOD)]).find(({ parameter }) => parameter === 'all_reduce_latency_s');
  expect(latency?.sd_ratio).toBeGreaterThan(0.9);
  expect(latency?.reason).toContain('TP 1');
  expect(latency?.helpful_cell?.tensor_parallel).toBe(1);
});

test('with TP 1 alone the link says nothing at all', () => {
  const link = open([on(1, GOOD)]).find(({ parameter }) => parameter === 'link_bytes_per_s');
  expect(link?.sd_ratio).toBeCloseTo(1, 6);
});

test('short prompts leave attention open, and a long one is named', () => {
  const attention = open([on(1, [cell(128, 2, 1), cell(128, 128, 16)])]).find(
    ({ parameter }) => parameter === 'attention_flop_per_s',
  );
  expect(attention?.helpful_cell?.input_tokens).toBe(32_000);
});

test('one stream at a time leaves the time per sequence open', () => {
  const alone = GOOD.filter(({ concurrency }) => concurrency === 1).slice(0, 2);
  expect(open([on(1, alone)]).map(({ parameter }) => parameter)).toContain('sequence_overhead_s');
});

test('cells that are held out of the fit do not count', () => {
  const held = GOOD.map((one) => ({ ...one, hold_out: true }));
  const [group] = identifiability([on(1, held)]);
  for (const { sd_ratio } of group!.parameters) expect(sd_ratio).toBeCloseTo(1, 6);
});

test('more cells never make a parameter less certain', () => {
  const ratio = (cells: readonly CellShape[]) =>
    identifiability([on(1, cells)])[0]!.parameters.map(({ sd_ratio }) => sd_ratio);
  for (let count = 1; count < GOOD.length; count += 1) {
    const [less, more] = [ratio(GOOD.slice(0, count)), ratio(GOOD.slice(0, count + 1))];
    more.forEach((value, index) => {
      expect(value).toBeLessThanOrEqual(less[index]! + 1e-9);
    });
  }
});

test('the phases apart say what a grid of mixed loads says; cells on pairs say nothing', () => {
  const of = (kind: CellShape['kind'], input: number, output: number, streams: number): CellShape => ({
    ...cell(input, output, streams),
    kind,
  });
  const legs = [
    of('prefill', 128, 1, 1),
    of('prefill', 2048, 1, 1),
    of('prefill', 16_384, 1, 1),
    of('decode', 128, 64, 1),
    of('decode', 128, 64, 64),
    of('decode', 128, 64, 192),
    of('decode', 4096, 64, 16),
  ];
  expect(open([on(1, legs), on(2, legs)])).toEqual([]);
  const [silent] = identifiability([on(1, [of('disaggregated', 2048, 64, 8)])]);
  for (const { sd_ratio } of silent!.parameters) expect(sd_ratio).toBeCloseTo(1, 6);
});

test('open loops tell as much as the streams in flight would, but for traces and overloads', () => {
  const arriving = (rate_per_s: number, process: 'poisson' | 'trace' = 'poisson'): CellShape => ({
    ...cell(128, 256, 1),
    concurrency: null,
    arrivals: { process, rate_per_s, burstiness: null, trace: null },
  });
  const known = (cells: readonly CellShape[]) =>
    identifiability([on(1, cells)])[0]!.parameters.find(
      ({ parameter }) => parameter === 'sequence_overhead_s',
    )!;
  const loads = GOOD.slice(0, 3);
  expect(known(loads).identified).toBe(false);
  expect(known([...loads, arriving(2), arriving(30), arriving(60)]).identified).toBe(true);
  const nothing = known([...loads, arriving(2, 'trace'), arriving(1000)]);
  expect(nothing.sd_ratio).toBeCloseTo(known(loads).sd_ratio, 12);
});
