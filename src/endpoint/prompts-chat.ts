import { z } from 'zod';
import { createRandom } from '../stats/random.ts';
import { freshSeed, type PromptSource } from './prompts.ts';
import { askAnyway, type EndpointAccess, jsonOf } from './questions.ts';
import { LIBRARY_TEXT } from './texts/library.ts';

/** Different texts of one length; a fresh salt keeps one that comes again from the prefix cache. */
const TEXTS = 8;
/** Questions to the tokeniser for one text, until its length is taken as it is. */
const MOST_TRIES = 24;
/** What one more of these adds is one token in nearly every tokeniser. */
const FILLER = ' a';
/** Where tokens are bytes it is two: half of what lacks is never too much. */
const FILLER_TOKENS_AT_MOST = 2;
/** What lacks is made up by fillers from here on. */
const FILLED_TOKENS = 40;

const WORDS = LIBRARY_TEXT.split(/\s+/);

const countSchema = z.object({ count: z.int().min(0) });

/**
 * Prompts for a chat: texts that the server's own tokeniser counts, its template included, as exactly so many tokens.
 * Where it does not tokenise chats, or a length cannot be met, texts are only about as long: `input_length_off` says so.
 * @param tokens length that is wanted, with the template's tokens
 */
export async function chatPrompts(
  access: EndpointAccess,
  model: string,
  tokens: number,
  seed = freshSeed(),
): Promise<PromptSource> {
  const texts: string[] = [];
  for (let index = 0; index < TEXTS; index += 1) {
    texts.push(await textOf((text) => countChat(access, model, text), tokens, seed + index));
  }
  const random = createRandom(seed);
  return {
    next: (asked) => {
      const text = texts[random.int(0, TEXTS - 1)]!;
      // Lengths of a trace: in proportion, since the tokeniser cannot be asked meanwhile.
      return asked === tokens
        ? text
        : text.repeat(Math.ceil(asked / tokens)).slice(0, (text.length * asked) / tokens);
    },
  };
}

/** Tokens of a chat with one message, its template included; null where the server does not say. */
async function countChat(access: EndpointAccess, model: string, content: string): Promise<number | null> {
  const messages = [{ role: 'user', content }];
  const answer = await askAnyway(access, '/tokenize', {
    method: 'POST',
    json: { model, messages, add_generation_prompt: true },
  });
  const parsed = countSchema.safeParse(answer.status === 200 ? jsonOf(answer) : null);
  return parsed.success ? parsed.data.count : null;
}

/** A text of so many tokens: words until it is nearly that long, then fillers, and a full stop where one too many fits not. */
async function textOf(
  count: (text: string) => Promise<number | null>,
  tokens: number,
  seed: number,
): Promise<string> {
  const start = createRandom(seed).int(0, WORDS.length - 1);
  const textFrom = ({ many, fillers, stop }: Parts): string =>
    Array.from({ length: many }, (_, i) => WORDS[(start + i) % WORDS.length]).join(' ') +
    FILLER.repeat(fillers) +
    (stop ? '.' : '');
  let parts: Parts = { many: Math.max(1, Math.floor(0.6 * tokens)), fillers: 0, stop: false };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const text = textFrom(parts);
    const counted = await count(text);
    if (counted === null || counted === tokens) return text;
    parts = better(parts, counted, tokens);
  }
  return textFrom(parts);
}

interface Parts {
  readonly many: number;
  readonly fillers: number;
  readonly stop: boolean;
}

/** The next try: more or fewer words far from the goal, fillers near it. */
function better({ many, fillers, stop }: Parts, counted: number, tokens: number): Parts {
  const off = tokens - counted;
  if (off > 0 && off <= FILLED_TOKENS) {
    return { many, stop, fillers: fillers + Math.max(1, Math.floor(off / FILLER_TOKENS_AT_MOST)) };
  }
  if (off < 0 && fillers > 0) return { many, fillers: Math.max(0, fillers + off), stop: off === -1 };
  const scaled = Math.floor((many * Math.max(1, tokens - FILLED_TOKENS / 2)) / counted);
  return { many: Math.max(1, Math.min(scaled, off < 0 ? many - 1 : many * 4)), fillers: 0, stop: false };
}
