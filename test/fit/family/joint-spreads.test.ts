import { describe, expect, test } from 'vitest';
import { beforeAnyFit, COORDINATES, type Coordinate } from '../../../src/fit/family/coordinates.ts';
import { jointSpreads } from '../../../src/fit/family/joint-spreads.ts';
import { likelySpreads } from '../../../src/fit/family/likely-spreads.ts';
import { type Member, precisionOf } from '../../../src/fit/family/member.ts';
import { ofMembers, toldBy, weigh } from '../../../src/fit/family/whole-likelihoods.ts';

const MEMORY = COORDINATES.indexOf('memory_bytes_per_s');
const STEP = COORDINATES.indexOf('step_overhead_s');
const SURE = 0.01;
const VAGUE = 1;

/** A server that nobody shares anything with, and whose fit knows the sum of two logarithms to 1 % and their difference hardly. */
function knowsTheSum(name: string, memory: number, step: number): Member {
  const direction = (sd: number, sign: number): number[] =>
    COORDINATES.map((_, i) => (Math.SQRT1_2 / sd) * (i === MEMORY ? 1 : i === STEP ? sign : 0));
  const offsets = new Map([
    [MEMORY, memory],
    [STEP, step],
  ]);
  return {
    id: name,
    traits: { device: name, engine: name, place: name, kind: 'dense', model: name },
    found: COORDINATES.map((coordinate, i) =>
      offsets.has(i) ? beforeAnyFit(coordinate).centre + offsets.get(i)! : null,
    ),
    directions: [direction(SURE, 1), direction(VAGUE, -1)],
  };
}

/** Quantiles of a normal distribution in an order without a trend: the servers' sums spread by 0.4. */
const QUANTILES = [0.1, -1.2, 0.8, -0.3, 1.6, -0.8, 0.3, -1.6, 1.2, -0.1, 0.5, -0.5];
const members = QUANTILES.map((each, i) => knowsTheSum(`server ${i}`, 0.2 * each, 0.2 * each));

describe('spreads of all coordinates together', () => {
  const apart = likelySpreads(members);
  const together = jointSpreads(members, apart.spreads, apart.own);
  const variance = (spreads: typeof together, coordinate: Coordinate): number => {
    const { device, engine, place, model, rest } = spreads[coordinate];
    return device ** 2 + engine ** 2 + place ** 2 + model ** 2 + rest ** 2;
  };
  const ofSum = (spreads: typeof together): number =>
    Math.sqrt(variance(spreads, 'memory_bytes_per_s') + variance(spreads, 'step_overhead_s'));

  test('see what servers differ by in a combination that each fit is sure of', () => {
    expect(ofSum(together)).toBeGreaterThan(0.33);
    expect(ofSum(together)).toBeLessThan(0.5);
  });

  test('which coordinates one by one take for what the fits do not know', () => {
    expect(ofSum(together)).toBeGreaterThan(1.5 * ofSum(apart.spreads));
  });

  test('stay where nobody told anything', () => {
    const { spreads, own } = likelySpreads([]);
    expect(jointSpreads([], spreads, own)).toEqual(spreads);
  });
});

describe('whole likelihoods', () => {
  const [member] = members;
  const told = toldBy([member!]);
  const precision = precisionOf(member!);

  test('pull as hard as their precision times what they found, less where the servers themselves may differ', () => {
    const between = (value: number) => COORDINATES.map(() => [[value]]);
    const without = ofMembers(told, 1, weigh(told, between(0)), MEMORY);
    const offsets = COORDINATES.map(
      (name, i) => (member!.found[i] ?? beforeAnyFit(name).centre) - beforeAnyFit(name).centre,
    );
    const expected = precision[MEMORY]!.reduce((sum, value, j) => sum + value * offsets[j]!, 0);
    expect(without.pulls[0]).toBeCloseTo(expected, 6);
    expect(without.information[0]![0]).toBeCloseTo(precision[MEMORY]![MEMORY]!, 6);
    const spreading = ofMembers(told, 1, weigh(told, between(0.02)), MEMORY);
    // The sum is known to SURE², and may differ by twice 0.02.
    expect(spreading.pulls[0]).toBeCloseTo(
      (offsets[MEMORY]! + offsets[STEP]!) / (2 * SURE ** 2 + 2 * 0.02),
      6,
    );
  });
});
