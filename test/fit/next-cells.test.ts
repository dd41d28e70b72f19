import { describe, expect, test } from 'vitest';
import { chooseNext, type NextQuestion } from '../../src/fit/next-cells.ts';
import { priorModel } from '../../src/fit/next-prior.ts';
import { candidatesOn, parametersFor, siteOf, type TargetCandidate } from '../../src/fit/next-sites.ts';
import { candidateGrid } from '../../src/plan/candidate-grid.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { card, priors } from './virtual.ts';

const names = parametersFor(card, [1, 2]);
const model = priorModel(card, priors, names);
const conditions = {
  protocol: protocolSchema.parse({}),
  stop: stopSchema.parse({}),
  turnAroundSeconds: 0,
};
const target = (tensorParallel: number) => ({
  name: `tp${tensorParallel}`,
  maxLengthTokens: 131_072,
  engine: {
    tensorParallel,
    maxNumBatchedTokens: 8192,
    maxNumSeqs: 256,
    kvCapacityTokens: 400_000 * tensorParallel,
  },
});
const inputs = new Set([128, 2048, 16_384]);
const loads = new Set([1, 16, 128]);
const candidates = [1, 2].flatMap((size) =>
  candidatesOn(
    target(size),
    candidateGrid(target(size)).filter((one) => inputs.has(one.input_tokens) && loads.has(one.concurrency)),
    conditions,
    { card, priors, parameters: model.parameters },
  ),
);
const ask = (more: Partial<NextQuestion<TargetCandidate>> = {}) =>
  chooseNext({
    model,
    priors,
    names,
    predictor: 'closed_form',
    measured: [],
    candidates,
    asked: candidates,
    count: 8,
    ...more,
  });

describe('chooseNext', () => {
  test('narrows what is asked with every cell, and starts from what is known now', () => {
    const { now, cells } = ask();
    expect(cells).toHaveLength(8);
    expect(cells[0]!.before).toEqual(now);
    for (const [k, { before, after, narrows }] of cells.entries()) {
      expect(after.ttft! + after.tpot!).toBeLessThan(before.ttft! + before.tpot!);
      expect(narrows.after).toBeLessThan(narrows.before);
      if (k > 0) expect(before).toEqual(cells[k - 1]!.after);
    }
    expect(cells.at(-1)!.after.tpot!).toBeLessThan(0.3 * now.tpot!);
  });

  test('is a function of its question, and takes no cell twice', () => {
    const [a, b] = [ask(), ask()];
    expect(b).toEqual(a);
    expect(new Set(a.cells.map(({ candidate }) => candidate)).size).toBe(8);
  });

  test('keeps to the time that is left', () => {
    const { cells } = ask({ within_s: 60 });
    const seconds = cells.reduce((sum, { candidate }) => sum + candidate.seconds, 0);
    expect(cells.length).toBeGreaterThan(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(ask({ within_s: 1 }).cells).toEqual([]);
  });

  test('what is measured counts: the same cell once more comes late, and widths start lower', () => {
    const [first] = ask().cells;
    const measured = [{ ...first!.candidate, errors: { ttft: 0.003, tpot: 0.003 } }];
    const again = ask({ measured });
    expect(again.now.ttft!).toBeCloseTo(first!.after.ttft!, 3);
    expect(again.cells[0]!.candidate).not.toBe(first!.candidate);
  });

  test('for TPOT alone it measures decodes; for a prompt alone prompts', () => {
    const { cells } = ask({ weights: { ttft: 0, tpot: 1 }, count: 3 });
    expect(cells.every(({ candidate }) => candidate.cell.output_tokens > 8)).toBe(true);
    const prompt = siteOf(
      target(1).engine,
      { input_tokens: 30_000, output_tokens: 2, concurrency: 1 },
      conditions,
    );
    const [best] = ask({ asked: [prompt], count: 1 }).cells;
    expect(best!.candidate.cell).toMatchObject({ input_tokens: 16_384, concurrency: 1 });
  });

  test('d narrows all parameters together more than i does', () => {
    const volume = (criterion: 'i' | 'd'): number =>
      ask({ criterion, count: 6 }).cells.reduce(
        (sum, { narrows }) => sum + Math.log(narrows.after / narrows.before),
        0,
      );
    expect(volume('d')).toBeLessThan(0);
    expect(ask({ criterion: 'd' }).cells).not.toEqual(ask().cells);
  });
});
