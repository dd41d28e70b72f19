import { z } from 'zod';
import { EXIT, RidgeError } from '../errors.ts';
import { createRandom } from '../stats/random.ts';
import type { LabPrompt } from '../suite/lab-prompts.ts';
import { endpointUrl } from './http.ts';
import { freshSeed, type IdPromptSource } from './prompts.ts';
import { askEndpoint, type EndpointAccess, jsonOf } from './questions.ts';
import { LIBRARY_TEXT } from './texts/library.ts';

/** Prompts are made of pieces of this many tokens, about a paragraph. */
const PIECE_TOKENS = [64, 256] as const;

const tokensSchema = z.object({ tokens: z.array(z.int().min(0)).min(1) });

/**
 * Prompts of token ids of text in the public domain, for models whose step time depends on what they read (mixtures of
 * experts). The server's own tokeniser makes the ids once; each prompt is joined from pieces in a fresh order, cut to
 * exact length.
 * @throws RidgeError (exit 3) when the server does not tokenise
 */
export async function textIdPrompts(
  access: EndpointAccess,
  model: string,
  seed = freshSeed(),
): Promise<IdPromptSource> {
  return piecewise(await tokenise(access, model, LIBRARY_TEXT), seed);
}

/**
 * Prompts joined from pieces of a lab's own ones.
 * @throws RidgeError (exit 3) when they are text and the server does not tokenise; (exit 2) without any
 */
export async function labTextPrompts(
  access: EndpointAccess,
  model: string,
  own: readonly LabPrompt[],
  seed = freshSeed(),
): Promise<IdPromptSource> {
  if (own.length === 0) {
    throw new RidgeError("prompt: lab_text needs 'prompts' of this target in the lab file", {
      mend: "Name a file of JSON lines there, or use prompt: text_ids in the suite's protocol.",
    });
  }
  const texts = own.flatMap((prompt) => ('text' in prompt ? [prompt.text] : []));
  const ids = own.flatMap((prompt) => ('ids' in prompt ? prompt.ids : []));
  const tokens = texts.length === 0 ? [] : await tokenise(access, model, texts.join('\n\n'));
  return piecewise([...ids, ...tokens], seed);
}

/** Ids of a text by the server's own tokeniser, as vLLM and SGLang ask for it, or llama-server. */
async function tokenise(access: EndpointAccess, model: string, text: string): Promise<number[]> {
  const asks = [
    { model, prompt: text, add_special_tokens: false },
    { content: text, add_special: false },
  ];
  let status = 0;
  for (const json of asks) {
    const answer = await askEndpoint(access, '/tokenize', { method: 'POST', json });
    status = answer.status;
    const parsed = tokensSchema.safeParse(status === 200 ? jsonOf(answer) : null);
    if (parsed.success) return parsed.data.tokens;
  }
  throw new RidgeError(`the server does not tokenise (HTTP ${status}), so there are no ids of text`, {
    exitCode: EXIT.failed,
    where: endpointUrl(access.url, '/tokenize'),
    mend: 'Use prompt: random_ids in the suite, or a server that has /tokenize.',
  });
}

/** Joins random pieces of a long list of ids to prompts of exact length. */
export function piecewise(ids: readonly number[], seed: number): IdPromptSource {
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
