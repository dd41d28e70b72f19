import { beforeAnyFit, type Coordinate } from './coordinates.ts';
import type { Member, Traits } from './member.ts';

/** Standard deviations of a coordinate between servers, by what they do not share. */
export interface Spread {
  readonly device: number;
  readonly engine: number;
  readonly place: number;
  readonly kind: number;
  readonly model: number;
  /** Everything else. */
  readonly rest: number;
  /** Root mean square of what servers that are unlike all others have on top: it widens, and moves no centre. */
  readonly outlying: number;
}
export const TRAITS = ['device', 'engine', 'place', 'kind', 'model'] as const;

export type Spreads = Readonly<Record<Coordinate, Spread>>;
/** What each server has on top of a coordinate's spreads: a variance by member. */
export type OwnVariances = Readonly<Record<Coordinate, readonly number[]>>;

/** Covariance of a coordinate of two servers. */
export function shared(
  coordinate: Coordinate,
  spread: Omit<Spread, 'outlying'>,
  a: Traits,
  b: Traits,
): number {
  const common = TRAITS.filter((trait) => a[trait] === b[trait]);
  return beforeAnyFit(coordinate).sd ** 2 + common.reduce((sum, trait) => sum + spread[trait] ** 2, 0);
}

/** Covariance of a coordinate of all servers, each with its own part. */
export const betweenServers = (
  coordinate: Coordinate,
  spread: Omit<Spread, 'outlying'>,
  own: readonly number[],
  members: readonly Pick<Member, 'traits'>[],
): number[][] =>
  members.map((a, i) =>
    members.map(
      (b, j) => shared(coordinate, spread, a.traits, b.traits) + (i === j ? spread.rest ** 2 + own[i]! : 0),
    ),
  );

/**
 * Share of what is believed before any fit that devices differ by at least in times, and models with experts in everything: three
 * or four of them cannot tell less.
 */
const LEAST_DIFFERENCE = 0.75;

/** What a spec sheet says nothing of: it depends on how far a device's software has come. */
const isTime = (coordinate: Coordinate): boolean => /_(overhead|latency)_s$/.test(coordinate);

/**
 * Variance of a coordinate that a server has by itself.
 * @param others what was fitted: on its device how long kernels take to start is seen there; of its model how experts are routed,
 * packed and multiplied
 */
export function ownVariance(
  coordinate: Coordinate,
  { device, model, rest, outlying }: Spread,
  traits: Traits,
  others: readonly Pick<Member, 'traits'>[],
): number {
  const least = LEAST_DIFFERENCE * beforeAnyFit(coordinate).sd;
  const beyond = (spread: number): number => Math.max(0, least ** 2 - spread ** 2);
  const isNew = (trait: 'device' | 'model'): boolean =>
    others.every((other) => other.traits[trait] !== traits[trait]);
  const ofDevice = isTime(coordinate) && isNew('device') ? beyond(device) : 0;
  const ofExperts = traits.kind === 'experts' && isNew('model') ? beyond(model) : 0;
  return rest ** 2 + outlying ** 2 + ofDevice + ofExperts;
}

/** More say no more. */
const MOST_DEGREES = 30;

/** Degrees of freedom of what is not known of a server: one less than the others that tell how such traits spread. */
export function degreesOf(members: readonly Member[], traits: Traits): number {
  const counts = (['device', 'model'] as const).flatMap((trait) => {
    const seen = new Set(members.map((member) => member.traits[trait]));
    return seen.has(traits[trait]) ? [] : [seen.size - 1];
  });
  return Math.max(1, Math.min(MOST_DEGREES, ...counts));
}
