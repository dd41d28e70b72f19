import type { Move, PlacementProblem, StageOption } from '../../../src/cost/place/problem.ts';

/** An option with device-seconds as long as its time. */
export const option = (place: string, ms: number, usd: number, label = ''): StageOption => ({
  place,
  label,
  seconds: ms / 1e3,
  usd,
  device_seconds: ms / 1e3,
});

/** Moves by `FROM>TO`; places that are not listed are not connected. */
export const moves =
  (table: Readonly<Record<string, Move>>) =>
  (from: string, to: string): Move | null =>
    table[`${from}>${to}`] ?? null;

/** Two phases of 1000 prompt and 500 output tokens on a fast and a cheap device, at most 120 ms from end to end. */
export const workedExample = (limitMs = 120): PlacementProblem => ({
  stages: [
    { name: 'prefill', options: [option('HP', 80, 1000 * 8e-5), option('CO', 130, 1000 * 5e-5)] },
    { name: 'decode', options: [option('HP', 25, 500 * 6e-5), option('CO', 30, 500 * 2e-5)] },
  ],
  edges: [{ from: 0, to: 1, move: moves({ 'HP>CO': { seconds: 0.01, usd: 1000 * 5e-6 } }) }],
  limit: { seconds: limitMs / 1e3, usd_per_s: null },
  requests_per_s: 1,
  capacities: [],
});
