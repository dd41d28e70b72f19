import { closestMatch } from 'leven';

/** Up to this many wrong letters, and no more than half of the word, still count as the same word. */
const MOST_WRONG = 3;

/** `Did you mean 'predict'?`, or undefined when nothing known comes close to what was typed. */
export function suggest(typed: string, known: readonly string[]): string | undefined {
  const maxDistance = Math.min(MOST_WRONG, Math.ceil(typed.length / 2));
  const closest = closestMatch(typed, known, { maxDistance });
  return closest === undefined ? undefined : `Did you mean '${closest}'?`;
}
