import { z } from 'zod';
import type { SimulatedDevice } from '../device.ts';
import { POSES, type Pose } from '../poses.ts';
import { type ApiError, badRequest } from './answers.ts';

const schema = z.looseObject({
  model: z.string().optional(),
  prompt: z.union([
    z.string(),
    z.array(z.int().min(0)),
    z.array(z.string()),
    z.array(z.array(z.int().min(0))),
  ]),
  stream: z.boolean().nullish(),
  stream_options: z
    .looseObject({
      include_usage: z.boolean().nullish(),
      continuous_usage_stats: z.boolean().nullish(),
    })
    .nullish(),
  max_tokens: z.int().nullish(),
  min_tokens: z.int().min(0).nullish(),
  n: z.int().nullish(),
  ignore_eos: z.boolean().nullish(),
  return_token_ids: z.boolean().nullish(),
  cache_salt: z.string().min(1).max(1024).nullish(),
  kv_transfer_params: z.record(z.string(), z.unknown()).nullish(),
});

/** A completion request, checked. */
export interface CompletionRequest {
  readonly promptIds: ArrayLike<number>;
  readonly maxTokens: number;
  readonly minTokens: number;
  readonly ignoreEos: boolean;
  readonly chat: boolean;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
  readonly returnTokenIds: boolean;
  readonly cacheSalt: string | null;
  /** What a proxy says about where the prompt's KV is, or goes. */
  readonly kvTransferParams: Readonly<Record<string, unknown>> | null;
}

const DEFAULT_MAX_TOKENS = 16;
/** What the chat template adds: 13 tokens, since bytes stand for tokens. */
const CHAT_TEMPLATE = '<user>:<turn>';

/** Checks a completion request as vLLM does: what is wrong comes back as an ApiError. */
export function readCompletionRequest(
  body: unknown,
  device: SimulatedDevice,
  pose: Pose = POSES.vllm,
): { request: CompletionRequest } | { error: ApiError } {
  const isChat = typeof body === 'object' && body !== null && 'messages' in body;
  const completion = isChat ? asCompletion(body) : body;
  const parsed = schema.safeParse(pose.cacheSalt ? completion : withoutSalt(completion));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const param = issue.path.join('.');
    return { error: badRequest(`${issue.message}${param ? `: ${param}` : ''}`, param || null) };
  }
  const fields = parsed.data;
  const servedName = device.card.id;
  if (fields.model !== undefined && fields.model !== servedName) {
    const message = `The model \`${fields.model}\` does not exist.`;
    return { error: { status: 404, type: 'NotFoundError', message, param: 'model' } };
  }
  const promptIds = onePrompt(fields.prompt);
  const request: CompletionRequest = {
    promptIds: promptIds ?? [],
    maxTokens: fields.max_tokens ?? DEFAULT_MAX_TOKENS,
    minTokens: fields.min_tokens ?? 0,
    ignoreEos: fields.ignore_eos ?? false,
    chat: isChat,
    stream: fields.stream ?? false,
    includeUsage: fields.stream_options?.include_usage ?? false,
    continuousUsage: pose.continuousUsage && (fields.stream_options?.continuous_usage_stats ?? false),
    returnTokenIds: pose.tokenIds && (fields.return_token_ids ?? false),
    cacheSalt: fields.cache_salt ?? null,
    kvTransferParams: fields.kv_transfer_params ?? null,
  };
  const streamOptions = fields.stream_options !== null && fields.stream_options !== undefined;
  const message =
    promptIds === null || (fields.n ?? 1) !== 1
      ? 'this simulated endpoint takes one prompt and one choice (n = 1) a request'
      : streamOptions && !request.stream
        ? 'Stream options can only be defined when `stream=True`.'
        : problem(request, device);
  return message === null ? { request } : { error: badRequest(message) };
}

const messagesSchema = z.array(z.looseObject({ content: z.string() })).min(1);

/** Text of a chat as its template writes it; null where it is none. */
export function chatText(messages: unknown): string | null {
  const parsed = messagesSchema.safeParse(messages);
  return parsed.success ? CHAT_TEMPLATE + parsed.data.map(({ content }) => content).join('\n') : null;
}

/** A chat as the completion of its text. */
function asCompletion(body: object): unknown {
  const { messages, ...rest } = body as Record<string, unknown>;
  return { ...rest, prompt: chatText(messages) ?? messages };
}

/** A server that does not know the field takes anything there. */
function withoutSalt(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const { cache_salt: _, ...rest } = body as Record<string, unknown>;
  return rest;
}

/** Token ids of the only prompt; bytes stand for tokens where it is text. Null: several prompts. */
function onePrompt(prompt: z.infer<typeof schema>['prompt']): ArrayLike<number> | null {
  if (typeof prompt === 'string') return Buffer.from(prompt, 'utf8');
  const first = prompt[0];
  if (first === undefined || typeof first === 'number') return prompt as number[];
  if (prompt.length !== 1) return null;
  return typeof first === 'string' ? Buffer.from(first, 'utf8') : first;
}

function problem(request: CompletionRequest, device: SimulatedDevice): string | null {
  const { promptIds, maxTokens, minTokens } = request;
  const limit = device.maxLengthTokens;
  if (promptIds.length === 0) return 'The prompt is empty: at least one token is needed.';
  if (maxTokens < 1) return `max_tokens must be at least 1, got ${maxTokens}.`;
  if (minTokens > maxTokens) {
    return `min_tokens must be less than or equal to max_tokens=${maxTokens}, got ${minTokens}.`;
  }
  const unknownId = Array.prototype.find.call(promptIds, (id: number) => id >= device.card.vocabulary_size);
  if (unknownId !== undefined) return `Token id ${unknownId} is out of vocabulary`;
  const total = promptIds.length + maxTokens;
  if (total <= limit) return null;
  return (
    `This model's maximum context length is ${limit} tokens. However, you requested ${total} tokens ` +
    `(${promptIds.length} in the messages, ${maxTokens} in the completion). Please reduce the length of the messages or completion.`
  );
}
