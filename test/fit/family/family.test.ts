import { describe, expect, test } from 'vitest';
import { findAccelerator } from '../../../src/accelerator/catalogue.ts';
import { bindCard } from '../../../src/accelerator/peaks.ts';
import { beforeAnyFit, COORDINATES } from '../../../src/fit/family/coordinates.ts';
import { expectedModel, usualErrors } from '../../../src/fit/family/expected-model.ts';
import { familyOf } from '../../../src/fit/family/family.ts';
import { type Member, memberOf, precisionOf, type Traits, traitsOf } from '../../../src/fit/family/member.ts';
import { narrowed } from '../../../src/fit/family/narrow.ts';
import { degreesOf } from '../../../src/fit/family/spread.ts';
import { fittedModel } from '../../../src/fit/fit-dataset.ts';
import { fitRoofline } from '../../../src/fit/fit-roofline.ts';
import { observationsFromRuns } from '../../../src/fit/from-runs.ts';
import { priorModel } from '../../../src/fit/next-prior.ts';
import { PARAMETER_NAMES } from '../../../src/roofline/parameters.ts';
import { accelerator, card, measureSuite, priors } from '../virtual.ts';

const { observations } = observationsFromRuns([measureSuite()]);
const fit = fitRoofline({ card, priors, observations }, { seed: 1, starts: 2, predictor: 'closed_form' });
const model = fittedModel(fit);
const column = (name: (typeof COORDINATES)[number]): number => COORDINATES.indexOf(name);

const traits = (changed: Partial<Traits>): Traits => ({
  device: 'a',
  engine: 'vllm',
  place: `${changed.device ?? 'a'} ${changed.engine ?? 'vllm'}`,
  kind: 'dense',
  model: 'one',
  ...changed,
});

/** A fit that knows one coordinate to 1 %. */
function knows(name: (typeof COORDINATES)[number], value: number, of: Partial<Traits>): Member {
  return {
    id: 'x',
    traits: traits(of),
    found: COORDINATES.map((_, i) => (i === column(name) ? value : null)),
    directions: [COORDINATES.map((_, i) => (i === column(name) ? 100 : 0))],
  };
}

describe('what one fit says', () => {
  test('is about the values that it found, and nothing of what its model has none of', () => {
    const member = memberOf({ id: 'x', accelerator, engine: 'vllm', model, priors, at_bound: [] });
    const i = column('memory_bytes_per_s');
    const precision = precisionOf(member);
    expect(precision[i]![i]).toBeGreaterThan(0);
    const peak = Math.log(accelerator.memory_bytes_per_s!);
    expect(member.found[i]).toBeCloseTo(Math.log(model.parameters.memory_bytes_per_s) - peak, 9);
    expect(member.found[column('expert_flop_per_s')]).toBeNull();
    expect(precision[column('expert_flop_per_s')]!.every((value) => value === 0)).toBe(true);
    expect(member.traits).toEqual(traitsOf(accelerator, 'vllm', card));
  });

  test('a model that is no more than its prior says nothing', () => {
    const nothing = priorModel(card, priors, PARAMETER_NAMES);
    const member = memberOf({ id: 'x', accelerator, engine: 'vllm', model: nothing, priors, at_bound: [] });
    expect(Math.max(...precisionOf(member).flat().map(Math.abs))).toBeLessThan(1e-6);
  });
});

describe('a family', () => {
  test('without members is what is known before any fit, but for the spread between servers', () => {
    const { centre, covariance } = familyOf([]).expect(traits({}));
    expect(centre).toEqual(COORDINATES.map((name) => beforeAnyFit(name).centre));
    COORDINATES.forEach((name, i) => {
      expect(covariance[i]![i]).toBeGreaterThan(beforeAnyFit(name).sd ** 2);
    });
  });

  test('a new model lies nearer to the models of its own device than to those of another, and is surer than a new device', () => {
    const name = 'step_overhead_s';
    const own = beforeAnyFit(name).centre;
    const family = familyOf([
      ...['one', 'two', 'three'].map((each) => knows(name, own + 1, { device: 'a', model: each })),
      ...['one', 'two', 'three'].map((each) => knows(name, own - 1, { device: 'b', model: each })),
    ]);
    const at = (of: Partial<Traits>) => {
      const { centre, covariance } = family.expect(traits(of));
      return { centre: centre[column(name)]! - own, variance: covariance[column(name)]![column(name)]! };
    };
    const [onA, onB, onC] = ['a', 'b', 'c'].map((device) => at({ device, model: 'new' }));
    expect(onA!.centre).toBeGreaterThan(0.7);
    expect(onB!.centre).toBeLessThan(-0.7);
    expect(Math.abs(onC!.centre)).toBeLessThan(0.1);
    expect(onC!.variance).toBeGreaterThan(2 * onA!.variance);
  });

  test('a server unlike all others widens what is expected of new ones, and hardly moves its centre', () => {
    const name = 'attention_flop_per_s';
    const own = beforeAnyFit(name).centre;
    const alike = ['a', 'b', 'c', 'd'].map((device) => knows(name, own, { device, model: device }));
    const strange = knows(name, own + 2, { device: 'e', model: 'e' });
    const of = (members: readonly Member[]) => {
      const { centre, covariance } = familyOf(members).expect(traits({ device: 'new', model: 'new' }));
      return { centre: centre[column(name)]! - own, variance: covariance[column(name)]![column(name)]! };
    };
    const [without, beside] = [of(alike), of([...alike, strange])];
    expect(Math.abs(beside.centre)).toBeLessThan(0.1);
    expect(beside.variance).toBeGreaterThan(2 * without.variance);
  });

  test('times of a device that nobody measured are hardly known, however alike the others are', () => {
    const sdOf = (name: 'step_overhead_s' | 'memory_bytes_per_s', device: string): number => {
      const { centre, sd } = beforeAnyFit(name);
      const family = familyOf(['a', 'b', 'c', 'd', 'e'].map((each) => knows(name, centre, { device: each })));
      return Math.sqrt(family.expect(traits({ device })).covariance[column(name)]![column(name)]!) / sd;
    };
    expect(sdOf('step_overhead_s', 'new')).toBeGreaterThan(0.75);
    expect(sdOf('step_overhead_s', 'a')).toBeLessThan(0.3);
    // Of rates the spec sheet tells.
    expect(sdOf('memory_bytes_per_s', 'new')).toBeLessThan(0.75);
  });

  test('models with experts that nobody fitted are less certain than dense ones', () => {
    const name = 'step_overhead_s';
    const own = beforeAnyFit(name).centre;
    const family = familyOf(
      (['dense', 'experts'] as const).flatMap((kind) =>
        ['a', 'b', 'c'].map((model) => knows(name, own, { kind, model: `${kind} ${model}` })),
      ),
    );
    const variance = (of: Partial<Traits>): number =>
      family.expect(traits(of)).covariance[column(name)]![column(name)]!;
    const [dense, experts] = [
      variance({ kind: 'dense', model: 'new' }),
      variance({ kind: 'experts', model: 'new' }),
    ];
    expect(experts).toBeGreaterThan(2 * dense);
    expect(variance({ kind: 'experts', model: 'experts a' })).toBeLessThan(experts / 2);
  });

  test('few others tell little of a spread', () => {
    const members = ['a', 'b', 'c'].map((device) => knows('step_overhead_s', 0, { device }));
    expect(degreesOf(members, traits({ device: 'd' }))).toBe(2);
    expect(degreesOf(members, traits({ device: 'a', model: 'new' }))).toBe(1);
    expect(degreesOf(members, traits({ device: 'a' }))).toBe(30);
  });
});

describe('a server that was not measured', () => {
  const b200 = findAccelerator('b200-sxm');
  const expected = familyOf([
    memberOf({ id: 'x', accelerator, engine: 'vllm', model, priors, at_bound: [] }),
  ]).expect(traitsOf(b200, 'vllm', bindCard(card, b200)));
  const guess = expectedModel(expected, b200, card, usualErrors([model], 1));

  test('gets its rates from its own spec sheet', () => {
    expect(guess.parameters.memory_bytes_per_s).toBeCloseTo(
      Math.exp(expected.centre[column('memory_bytes_per_s')]!) * b200.memory_bytes_per_s!,
      -6,
    );
    expect(guess.predictors.scheduler.interval_factors.tpot).toBeGreaterThanOrEqual(6.3);
  });

  test('is narrowed by its cells, and lands on the server that they come from', () => {
    const here = expectedModel(
      familyOf([]).expect(traitsOf(accelerator, 'vllm', card)),
      accelerator,
      card,
      model.predictors,
    );
    const after = narrowed(here, observations);
    const i = PARAMETER_NAMES.indexOf('step_overhead_s');
    expect(after.covariance[i]![i]).toBeLessThan(here.covariance[i]![i]! / 10);
    expect(after.parameters.step_overhead_s / model.parameters.step_overhead_s).toBeCloseTo(1, 0);
    expect(narrowed(here, [])).toBe(here);
  });
});
