import { Agent, request } from 'undici';
import { z } from 'zod';
import { type FailedOutcome, failed, httpFailure, transportFailure } from './failure.ts';
import { authorization, endpointUrl } from './http.ts';

/** What a proxy says to a prefill server so that another server can go on with the prompt. */
const REMOTE_DECODE = {
  do_remote_decode: true,
  do_remote_prefill: false,
  remote_engine_id: null,
  remote_block_ids: null,
  remote_host: null,
  remote_port: null,
} as const;

const answerSchema = z.object({ kv_transfer_params: z.record(z.string(), z.unknown()).nullish() });

/** How the prefill leg of a request ended. */
export type PrefillEnd =
  | { readonly state: 'done'; readonly params: Readonly<Record<string, unknown>> | null }
  | { readonly state: 'aborted' }
  | FailedOutcome;

/** The body of a request, its prompt apart: that is long, and never parsed. */
interface SplitBody {
  /** `{"prompt":[...],` */
  readonly prompt: string;
  readonly rest: Readonly<Record<string, unknown>>;
}

/** @param body as `completionBody` makes it: the prompt's ids first */
export function splitBody(body: string): SplitBody {
  const cut = body.indexOf(']') + 2;
  return { prompt: body.slice(0, cut), rest: JSON.parse(`{${body.slice(cut)}`) };
}

const joinBody = ({ prompt, rest }: SplitBody): string => `${prompt}${JSON.stringify(rest).slice(1)}`;

/** The same request for the prefill server: in one piece, one token, without `min_tokens`. */
export function prefillBody({ prompt, rest }: SplitBody): string {
  const { min_tokens: _, stream_options: __, ...same } = rest;
  return joinBody({
    prompt,
    rest: { ...same, stream: false, max_tokens: 1, kv_transfer_params: REMOTE_DECODE },
  });
}

/** The same request for the decode server, with what the prefill server handed over. */
export const decodeBody = ({ prompt, rest }: SplitBody, params: PrefillEnd & { state: 'done' }): string =>
  joinBody({
    prompt,
    rest: params.params === null ? rest : { ...rest, kv_transfer_params: params.params },
  });

/** Sends prompts to a prefill server, a connection each. */
export class PrefillLeg {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  // Every request has its own timer; these would only end long prefills early.
  readonly #agent = new Agent({ allowH2: false, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 4_000 });
  readonly #timeoutSeconds: number;

  constructor(options: {
    readonly url: string;
    readonly apiKey: string | null;
    readonly timeoutSeconds: number;
  }) {
    this.#url = endpointUrl(options.url, '/v1/completions');
    this.#headers = { 'content-type': 'application/json', ...authorization(options.apiKey) };
    this.#timeoutSeconds = options.timeoutSeconds;
  }

  /** Sends one; `ended` is called exactly once, later. Returns a function that aborts it. */
  send(body: string, id: string, ended: (end: PrefillEnd) => void): () => void {
    const abort = new AbortController();
    const timeout = AbortSignal.timeout(Math.ceil(1000 * this.#timeoutSeconds));
    this.#ask(body, id, AbortSignal.any([abort.signal, timeout])).then(ended, (error: Error) => {
      if (abort.signal.aborted) ended({ state: 'aborted' });
      else if (timeout.aborted) ended(failed('timeout', `prefill: no end after ${this.#timeoutSeconds} s`));
      else ended(named(transportFailure(error, null)));
    });
    return () => abort.abort();
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #ask(body: string, id: string, signal: AbortSignal): Promise<PrefillEnd> {
    const { statusCode, body: answer } = await request(this.#url, {
      dispatcher: this.#agent,
      method: 'POST',
      headers: { ...this.#headers, 'x-request-id': id },
      body,
      signal,
    });
    const text = await answer.text();
    if (statusCode !== 200) return named(httpFailure(statusCode, text));
    const parsed = answerSchema.safeParse(jsonOf(text));
    if (!parsed.success)
      return failed('protocol', `prefill: the answer is no completion: ${text.slice(0, 80)}`, 200);
    return { state: 'done', params: parsed.data.kv_transfer_params ?? null };
  }
}

/** Which of the two servers failed. */
const named = (outcome: FailedOutcome): FailedOutcome => ({
  ...outcome,
  message: `prefill: ${outcome.message}`,
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
