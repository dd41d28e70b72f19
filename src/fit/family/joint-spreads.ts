import { COORDINATES, type Coordinate } from './coordinates.ts';
import type { Member } from './member.ts';
import { betweenServers, type OwnVariances, type Spread, type Spreads, TRAITS } from './spread.ts';
import { type OfMembers, ofMembers, toldBy, weigh } from './whole-likelihoods.ts';

const COMPONENTS = [...TRAITS, 'rest'] as const;
type Component = (typeof COMPONENTS)[number];

/** Few devices and models are known, so none is taken to be without spread. */
const LEAST = 0.05;
/** Half-normal weight on spreads: few fits cannot tell large ones. */
const USUAL = 1;
const ROUNDS = 60;
/** A round that moves no spread by more than this share is the last. */
const SETTLED = 0.005;
/** A round makes no variance grow by more than this. */
const LARGEST_FACTOR = 16;

/**
 * Spreads under which the fits are likeliest together, all coordinates at once: one fit's parameters are known in combinations
 * (slow memory beside short steps, or the reverse), so each coordinate by itself would call what is spread between servers
 * uncertainty of their fits, and the combinations would then pull hard on what they have in common.
 * Type-II maximum likelihood by minorise-maximise steps, each of which raises the likelihood (Zhou, Hu, Zhou and Lange,
 * MM algorithms for variance components models, 2019).
 * @param start what the coordinates say one by one
 * @param own variances of members that are unlike the others, which stay
 */
export function jointSpreads(members: readonly Member[], start: Spreads, own: OwnVariances): Spreads {
  const told = toldBy(members);
  let spreads = start;
  for (let round = 0, moves = true; moves && round < ROUNDS && told.length > 0; round += 1) {
    const between = COORDINATES.map((name) => betweenServers(name, spreads[name], own[name], members));
    const weighed = weigh(told, between);
    const next = COORDINATES.map((name, c) => {
      const own = ofMembers(told, members.length, weighed, c);
      return [name, likelier(members, spreads[name], own)] as const;
    });
    moves = next.some(([name, spread]) => hasMoved(spreads[name], spread));
    spreads = Object.fromEntries(next) as Record<Coordinate, Spread>;
  }
  return spreads;
}

const hasMoved = (before: Spread, after: Spread): boolean =>
  COMPONENTS.some((component) => Math.abs(after[component] / before[component] - 1) > SETTLED);

function likelier(members: readonly Member[], spread: Spread, { pulls, information }: OfMembers): Spread {
  const one = (component: Component): number => {
    let [pulled, told] = [0, 0];
    members.forEach((a, i) => {
      members.forEach((b, j) => {
        if (component === 'rest' ? i !== j : a.traits[component] !== b.traits[component]) return;
        pulled += pulls[i]! * pulls[j]!;
        told += information[i]![j]!;
      });
    });
    const factor = Math.sqrt(Math.max(0, pulled) / (Math.max(0, told) + USUAL ** -2));
    return Math.max(LEAST, spread[component] * Math.sqrt(Math.min(factor, LARGEST_FACTOR)));
  };
  return { ...spread, ...Object.fromEntries(COMPONENTS.map((component) => [component, one(component)])) };
}
