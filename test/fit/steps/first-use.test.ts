import { expect, test } from 'vitest';
import { setFirstUsesAside } from '../../../src/fit/steps/first-use.ts';
import { createRandom } from '../../../src/simulate/random.ts';

const random = createRandom(7, 0);
const PROMPTS = [100, 140, 200, 280, 400];

/** Steps with a prompt each beside some decodes; `firstCosts` on top where a size comes up for the first time. */
function stepsWith(firstCosts: number, lengths: () => number) {
  const seen = new Set<number>();
  return Array.from({ length: 400 }, (_, index) => {
    const [tokens, decodes] = [lengths(), 1 + Math.floor(8 * random.uniform())];
    const size = tokens + decodes;
    const extra = seen.has(size) ? 0 : firstCosts;
    seen.add(size);
    const load = { prefills: [{ tokens, context: 0, completes: true }], decodes, decodeContext: 300 };
    const seconds = (0.02 + 1e-4 * size) * (1 + extra) * Math.exp(0.02 * random.normal());
    return { index, load, seconds };
  });
}

const fewLengths = (): number => PROMPTS[Math.floor(random.uniform() * PROMPTS.length)]!;
const anyLength = (): number => Math.round(100 * 4 ** random.uniform());

test('first steps of a size that are slower are set aside, and told with their share', () => {
  const steps = stepsWith(0.25, fewLengths);
  const { steps: used, first_use } = setFirstUsesAside(steps);
  const sizes = new Set(steps.map(({ load }) => load.prefills[0]!.tokens + load.decodes));
  expect(first_use!.steps).toBe(sizes.size);
  expect(first_use!.slower_by).toBeCloseTo(0.25, 1);
  expect(used).toHaveLength(steps.length - sizes.size);
  expect(used).not.toContain(steps[0]);
});

test.each([
  ['of few lengths', fewLengths],
  ['of any length', anyLength],
])('where they are not slower all steps stay: prompts %s', (_, lengths) => {
  for (let run = 0; run < 40; run += 1) {
    const steps = stepsWith(0, lengths);
    expect(setFirstUsesAside(steps)).toEqual({ steps, first_use: null });
  }
});

test('too few later steps of a size tell nothing', () => {
  const steps = stepsWith(0.25, fewLengths).slice(0, 15);
  expect(setFirstUsesAside(steps).first_use).toBeNull();
});
