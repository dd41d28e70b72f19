import { describe, expect, test } from 'vitest';
import { bracketOf, nextStep, type SearchRules, type SearchStep, type Try } from '../../src/load/find-max.ts';
import type { LoadJudgement } from '../../src/measure/load-judgement.ts';
import fc from '../property.ts';

const rules = (facts: Partial<SearchRules> = {}): SearchRules => ({
  axis: 'rate',
  start: 1,
  least: 0.01,
  most: 10_000,
  tolerance: 0.05,
  ...facts,
});

const judged = (outcome: LoadJudgement['outcome'], margin = 1, repeats = 1): LoadJudgement => ({
  outcome,
  decided_by: 'ttft_p99_ms',
  margin,
  value_ms: null,
  half_width_ms: null,
  repeats,
});

/** Searches a server whose judgement at a load is known. */
function search(judge: (load: number, repeats: number) => LoadJudgement, rule: SearchRules) {
  const tries = new Map<number, Try>();
  for (let cells = 0; cells < 60; cells++) {
    const step: SearchStep = nextStep([...tries.values()], rule);
    if (step.kind === 'done') return { ...bracketOf([...tries.values()]), ended: step.ended, cells };
    expect(step.repeat).toBe(tries.get(step.load)?.judgement.repeats ?? 0);
    tries.set(step.load, { load: step.load, judgement: judge(step.load, step.repeat + 1) });
  }
  throw new Error('the search never ended');
}

const limitAt = (limit: number) => (load: number) =>
  load <= limit ? judged('met', load / limit) : judged('not_met', load / limit);

describe('a search', () => {
  test('brackets any limit to its tolerance, wherever it starts, in few cells', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.02, max: 5000, noNaN: true }),
        fc.double({ min: 0.01, max: 1000, noNaN: true }),
        (limit, start) => {
          const { met, not_met, ended, cells } = search(limitAt(limit), rules({ start }));
          expect(ended).toBe('bracketed');
          expect(met!.load).toBeLessThanOrEqual(limit);
          expect(not_met!.load).toBeGreaterThan(limit);
          expect(not_met!.load / met!.load).toBeLessThanOrEqual(1.051);
          expect(cells).toBeLessThanOrEqual(8 + Math.ceil(Math.abs(Math.log2(limit / start))));
        },
      ),
    );
  });

  test('whole streams end when none lies between', () => {
    const { met, not_met, ended } = search(limitAt(5), rules({ axis: 'concurrency', least: 1 }));
    expect([met!.load, not_met!.load, ended]).toEqual([5, 6, 'bracketed']);
    expect(search(limitAt(1), rules({ axis: 'concurrency', least: 1 }))).toMatchObject({ met: { load: 1 } });
  });

  test('ends without a bracket where no load, or every load, meets the objectives', () => {
    expect(search(limitAt(0.001), rules())).toMatchObject({
      ended: 'none_met',
      met: null,
      not_met: { load: 0.01 },
    });
    expect(search(limitAt(1e9), rules())).toMatchObject({
      ended: 'all_met',
      not_met: null,
      met: { load: 10_000 },
    });
  });

  test('measures a load again whose interval straddles the limit; the mean decides after three', () => {
    const noisy = (load: number, repeats: number): LoadJudgement => {
      if (load < 7) return judged('met', 0.5);
      if (load > 9) return judged('not_met', 2);
      return judged('undecided', load <= 8 ? 0.99 : 1.01, repeats);
    };
    const { met, not_met } = search(noisy, rules());
    expect(met!.judgement).toMatchObject({ outcome: 'undecided', repeats: 3 });
    expect(met!.load).toBeLessThanOrEqual(8);
    expect(not_met!.load).toBeGreaterThan(8);
  });

  test('two repeats that agree decide', () => {
    const judge = (load: number, repeats: number): LoadJudgement =>
      load === 4 && repeats === 1 ? judged('undecided', 1.1) : { ...limitAt(6)(load), repeats };
    expect(search(judge, rules())).toMatchObject({ ended: 'bracketed' });
  });

  test('a percentile without enough requests sends it to higher loads, and ends it where these break', () => {
    const few = (load: number) => (load < 4 ? judged('withheld', 0.1) : limitAt(6)(load));
    expect(search(few, rules())).toMatchObject({ ended: 'bracketed' });
    const always = (load: number) => (load < 4 ? judged('withheld', 0.1) : judged('not_met', 2));
    expect(search(always, rules())).toMatchObject({ ended: 'few_samples', met: null });
  });

  test('cells that say nothing are tried once more', () => {
    const judge = (_: number, repeats: number) => judged('unusable', 0, repeats);
    expect(search(judge, rules())).toMatchObject({ ended: 'unusable', cells: 2 });
  });

  test('a load that met above one that did not is not believed', () => {
    const tries = [1, 2, 4, 8].map((load) => ({ load, judgement: judged(load === 2 ? 'not_met' : 'met') }));
    expect(bracketOf(tries)).toMatchObject({ met: { load: 1 }, not_met: { load: 2 } });
  });
});
