import { closestMatch } from 'leven';

/** Fewer typing errors than this still count as the same word. */
const FARTHEST = 3;

/** `Did you mean 'predict'?`, or undefined when nothing known comes close to what was typed. */
export function suggest(typed: string, known: readonly string[]): string | undefined {
  const closest = closestMatch(typed, known, { maxDistance: FARTHEST });
  return closest === undefined ? undefined : `Did you mean '${closest}'?`;
}
