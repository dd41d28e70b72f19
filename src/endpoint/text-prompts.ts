import { z } from 'zod';
import { EXIT, RidgeError } from '../errors.ts';
import { createRandom } from '../stats/random.ts';
import { endpointUrl } from './http.ts';
import { plainText } from './plain-text.ts';
import { freshSeed, type PromptSource } from './prompts.ts';
import { askEndpoint, type EndpointAccess, jsonOf } from './questions.ts';

const SENTENCES = 600;
/** Prompts are made of pieces of this many tokens, about a sentence. */
const PIECE_TOKENS = [12, 48] as const;

const tokensSchema = z.object({ tokens: z.array(z.int().min(0)).min(64) });

/**
 * Prompts of token ids of plain text, for models whose step time depends on what they read (mixtures of experts). The
 * server's own tokeniser makes the ids once; each prompt is joined from pieces in a fresh order, cut to exact length.
 * @throws RidgeError (exit 3) when the server does not tokenise
 */
export async function textIdPrompts(
  access: EndpointAccess,
  model: string,
  seed = freshSeed(),
): Promise<PromptSource> {
  const answer = await askEndpoint(access, '/tokenize', {
    method: 'POST',
    json: { model, prompt: plainText(SENTENCES, seed), add_special_tokens: false },
  });
  const parsed = tokensSchema.safeParse(answer.status === 200 ? jsonOf(answer) : null);
  if (!parsed.success) {
    throw new RidgeError(
      `the server does not tokenise (HTTP ${answer.status}), so there are no ids of text`,
      {
        exitCode: EXIT.failed,
        where: endpointUrl(access.url, '/tokenize'),
        mend: 'Use prompt: random_ids in the suite, or a server that has /tokenize.',
      },
    );
  }
  return piecewise(parsed.data.tokens, seed);
}

/** Joins random pieces of a long list of ids to prompts of exact length. */
export function piecewise(ids: readonly number[], seed: number): PromptSource {
  const random = createRandom(seed);
  return {
    next: (tokens) => {
      const prompt: number[] = [];
      while (prompt.length < tokens) {
        const length = Math.min(random.int(...PIECE_TOKENS), tokens - prompt.length);
        const start = random.int(0, ids.length - 1);
        for (let i = 0; i < length; i++) prompt.push(ids[(start + i) % ids.length]!);
      }
      return prompt;
    },
  };
}
