import { createParser } from 'eventsource-parser';
import { EXIT, RidgeError } from '../errors.ts';
import { type Api, pathOf, promptField } from './api.ts';
import { type CompletionChunk, errorMessage, readChunk } from './completion-chunk.ts';
import { endpointUrl, type HttpAnswer } from './http.ts';
import type { Prompt } from './prompts.ts';
import { askEndpoint, type EndpointAccess, jsonOf } from './questions.ts';

/** What tiny requests showed. */
export interface DetectedFeatures {
  readonly token_id_prompts: boolean;
  readonly cache_salt: boolean;
  readonly continuous_usage: boolean;
  readonly return_token_ids: boolean;
  /** Whether a request for two tokens got two: `min_tokens` and `ignore_eos` are obeyed. */
  readonly exact_lengths: boolean;
  /** Whether a stream tells its token usage; without it lengths cannot be checked. */
  readonly usage: boolean;
}

/** Ids that stand for ordinary bytes or words in any vocabulary of more than 64 entries. */
const TINY_PROMPT = [36, 45, 40, 51, 38, 47];
const TINY_OUTPUT = 2;
/** The first request may wait for kernels to be compiled. */
const FIRST_REQUEST_MS = 300_000;

/** Fields to try, from all to none: a server that rejects one of them says so with HTTP 400. */
const EXTRAS = [
  { stream_options: { include_usage: true, continuous_usage_stats: true }, return_token_ids: true },
  { stream_options: { include_usage: true, continuous_usage_stats: true } },
  { stream_options: { include_usage: true }, return_token_ids: true },
  { stream_options: { include_usage: true } },
] as const;

/**
 * Finds out by tiny streamed requests what the endpoint supports.
 * @throws RidgeError (exit 3) when it completes none of them
 */
export async function detectFeatures(
  access: EndpointAccess,
  model: string,
  api: Api = 'completions',
): Promise<DetectedFeatures> {
  const ask: TinyAsk = (prompt, extra) => tinyRequest(access, model, api, prompt, extra);
  // A chat takes text alone.
  const byIds = api === 'chat' ? null : await firstAccepted(ask, TINY_PROMPT);
  const accepted = byIds?.chunks ? byIds : await firstAccepted(ask, 'ridge');
  if (accepted.chunks === null) throw noCompletion(access, api, accepted.answer);
  const bearing = accepted.chunks.filter((chunk) => chunk.hasChoices);
  const usage = accepted.chunks.findLast((chunk) => chunk.usage !== null)?.usage ?? null;
  return {
    token_id_prompts: byIds?.chunks != null && (usage === null || usage.prompt_tokens === TINY_PROMPT.length),
    cache_salt: await understandsSalt(ask, byIds?.chunks ? TINY_PROMPT : 'ridge'),
    continuous_usage: bearing.length > 0 && bearing.every((chunk) => chunk.usage !== null),
    return_token_ids: bearing.some((chunk) => (chunk.tokenIds ?? 0) > 0),
    exact_lengths: usage?.completion_tokens === TINY_OUTPUT,
    usage: usage !== null,
  };
}

type Chunk = Extract<CompletionChunk, { kind: 'chunk' }>;
type TinyAsk = (prompt: Prompt, extra: object) => Promise<HttpAnswer>;

async function firstAccepted(
  ask: TinyAsk,
  prompt: Prompt,
): Promise<{ answer: HttpAnswer; chunks: Chunk[] | null }> {
  let answer: HttpAnswer | null = null;
  for (const extra of EXTRAS) {
    answer = await ask(prompt, extra);
    const chunks = answer.status === 200 ? readStream(answer.text) : null;
    if (chunks !== null) return { answer, chunks };
  }
  return { answer: answer!, chunks: null };
}

/** vLLM rejects an empty salt; a server that takes it does not know the field. */
async function understandsSalt(ask: TinyAsk, prompt: Prompt): Promise<boolean> {
  const { status } = await ask(prompt, { ...EXTRAS[3], cache_salt: '' });
  if (status < 400 || status >= 500) return false;
  return (await ask(prompt, { ...EXTRAS[3], cache_salt: '0a1b2c' })).status === 200;
}

function tinyRequest(
  access: EndpointAccess,
  model: string,
  api: Api,
  prompt: Prompt,
  extra: object,
): Promise<HttpAnswer> {
  const lengths = { max_tokens: TINY_OUTPUT, min_tokens: TINY_OUTPUT, ignore_eos: true };
  const asked = JSON.parse(`{${promptField(api, prompt)}}`) as object;
  return askEndpoint(access, pathOf(api), {
    method: 'POST',
    json: { model, ...asked, stream: true, temperature: 0, ...lengths, ...extra },
    timeoutMs: Math.max(access.timeoutMs ?? 0, FIRST_REQUEST_MS),
  });
}

/** All chunks of a complete stream; null when it is none, or holds an error. */
function readStream(text: string): Chunk[] | null {
  const chunks: Chunk[] = [];
  let bad = false;
  const parser = createParser({
    onEvent: ({ data }) => {
      const chunk = data === '[DONE]' ? null : readChunk(parse(data));
      if (chunk?.kind === 'chunk') chunks.push(chunk);
      else if (chunk !== null) bad = true;
    },
  });
  parser.feed(text);
  return bad || chunks.length === 0 ? null : chunks;
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function noCompletion(access: EndpointAccess, api: Api, answer: HttpAnswer): RidgeError {
  const said = errorMessage(jsonOf(answer)) ?? answer.text.slice(0, 120).replace(/\s+/g, ' ');
  return new RidgeError(`no streamed completion (HTTP ${answer.status}): ${said}`, {
    exitCode: EXIT.failed,
    where: endpointUrl(access.url, pathOf(api)),
    mend: `The server must stream ${pathOf(api)} as vLLM does; its log says what went wrong.`,
  });
}
