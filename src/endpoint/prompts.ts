import { randomBytes } from 'node:crypto';
import { createRandom } from '../stats/random.ts';

/** Ids of tokens; text for a server or an interface that takes none. */
export type Prompt = readonly number[] | string;

/** Makes prompts: token ids of exact length, never the same twice. */
export interface PromptSource {
  next(tokens: number): Prompt;
}

/** Prompts that are ids, whatever else there is. */
export interface IdPromptSource extends PromptSource {
  next(tokens: number): readonly number[];
}

/** Vocabulary assumed where no model card says better; every model in use has more. */
const SMALLEST_VOCABULARY = 30_000;

/**
 * Range of ids that are ordinary tokens in any tokeniser: special ones stand at the ends of a vocabulary.
 * @returns first and last id, both included
 */
export function safeIdRange(vocabularySize: number | null): readonly [number, number] {
  const size = vocabularySize ?? SMALLEST_VOCABULARY;
  const low = Math.min(1000, Math.floor(size * 0.1));
  return [low, Math.max(low, Math.floor(size * 0.9) - 1)];
}

/** A seed from the system, so that no two runs send the same prompts to a server that remembers them. */
export function freshSeed(): number {
  return randomBytes(4).readInt32LE();
}

/** Uniformly random ids. The first tokens also count the prompts, so that none can begin like another. */
export function randomIdPrompts(vocabularySize: number | null, seed = freshSeed()): IdPromptSource {
  const [low, high] = safeIdRange(vocabularySize);
  const random = createRandom(seed);
  const size = high - low + 1;
  let made = random.int(0, size - 1);
  return {
    next: (tokens) => {
      made += 1;
      const ids = new Array<number>(tokens);
      for (let i = 0; i < tokens; i++) ids[i] = random.int(low, high);
      ids[0] = low + (made % size);
      return ids;
    },
  };
}

/** Prompts of another source that all begin with the same `cached` tokens. */
export function sharedPrefixPrompts(source: IdPromptSource, cached: number): IdPromptSource {
  const prefix = source.next(cached);
  return {
    next: (tokens) => {
      const own = tokens - cached;
      return own <= 0 ? prefix.slice(0, tokens) : [...prefix, ...source.next(own)];
    },
  };
}

/** A salt of 24 characters of base64url: no prompt shares a prefix-cache entry with another. */
export function freshSalt(): string {
  return randomBytes(18).toString('base64url');
}
