import type { ServerResponse } from 'node:http';
import type { FaultKind } from '../faults.ts';
import { hostClock, type SendLog } from '../send-log.ts';
import {
  type CompletionHead,
  chunkJson,
  completionJson,
  idsBetween,
  roleJson,
  usageJson,
  usageOf,
} from './completion-json.ts';
import type { CompletionRequest } from './completion-request.ts';
import { EventWire } from './event-wire.ts';
import {
  type Sabotaged,
  strikeAfterLastToken,
  strikeAtHeaders,
  strikeHalfWay,
  strikeWhole,
} from './stream-faults.ts';

/** What a chat template adds to a prompt, where one is counted. */
const TEMPLATE_TOKENS = 13;

/** Everything that the answer to one completion depends on. */
export interface AnswerContext {
  readonly response: ServerResponse;
  readonly request: CompletionRequest;
  readonly head: CompletionHead;
  /** Number of the request on this server; seeds its output tokens. */
  readonly order: number;
  readonly vocabulary: number;
  readonly finishReason: 'length' | 'stop';
  readonly faults: ReadonlySet<FaultKind>;
  readonly clientRequest: string | null;
  readonly sendLog: SendLog | null;
  /** Tokens that leave together. */
  readonly tokensPerChunk: number;
  /** Whether the last chunk carries llama-server's timings. */
  readonly timings: boolean;
  /** Whether a token waits for the next one, to leave in one chunk. */
  readonly holdsToken: () => boolean;
  readonly exit: () => void;
  /** Tokens of the prompt that the prefix cache held; known once the request runs. */
  readonly cachedTokens: () => number;
  /** Where another server finds the prompt's KV: in answers in one piece, as in vLLM. */
  readonly kvTransferParams: () => object | null;
}

/** Writes the tokens of one request to its client, with the faults that were asked for. */
export class Answer {
  readonly #context: AnswerContext;
  readonly #wire: EventWire;
  readonly #halfWay: number;
  #generated = 0;
  #sent = 0;
  #silent = false;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#wire = new EventWire(context.response, context.faults);
    this.#halfWay = Math.max(1, Math.ceil(context.request.maxTokens / 2));
  }

  /** Sends the headers of a stream. */
  begin(): void {
    if (!this.#context.request.stream) return;
    this.#wire.begin();
    this.#silent = strikeAtHeaders(this.#sabotaged());
  }

  /** @param more whether other tokens of the same step follow, which leave in one event with it */
  token(last: boolean, more = false): void {
    this.#generated += 1;
    const { request, holdsToken } = this.#context;
    if (this.#silent || this.#context.response.destroyed) return;
    if (!request.stream) {
      if (this.#generated === this.#halfWay) this.#silent = strikeWhole(this.#context);
      if (last && !this.#silent) this.#sendWhole();
      return;
    }
    const isFull = !more && this.#generated - this.#sent >= this.#context.tokensPerChunk && !holdsToken();
    if (last || this.#generated === this.#halfWay || isFull) this.#sendChunk(last);
    if (this.#generated === this.#halfWay) this.#silent = strikeHalfWay(this.#sabotaged());
    if (last && !this.#silent) this.#finish();
  }

  #sabotaged(): Sabotaged {
    const { response, faults, exit } = this.#context;
    return { wire: this.#wire, response, faults, exit, nextChunk: () => this.#nextChunk(false).text };
  }

  #sendChunk(last: boolean): void {
    const { faults } = this.#context;
    if (faults.has('empty-chunks')) this.#write(JSON.stringify({ ...this.#context.head, choices: [] }), 0);
    if (this.#context.request.chat && this.#sent === 0) this.#writeRole();
    const { text, tokens } = this.#nextChunk(last);
    this.#write(text, tokens);
    if (faults.has('duplicate-chunks')) this.#write(text, 0);
  }

  /** Leaves with the first token, as vLLM's does. */
  #writeRole(): void {
    const { request, head } = this.#context;
    const usage = request.continuousUsage && request.includeUsage ? usageOf(this.#promptTokens, 0) : null;
    this.#write(JSON.stringify(roleJson(head, usage)), 0);
  }

  #nextChunk(last: boolean): { readonly text: string; readonly tokens: number } {
    const { request, head, order, vocabulary, finishReason, faults } = this.#context;
    if (this.#sent === this.#generated) this.#generated += 1;
    const ids = idsBetween(order, this.#sent, this.#generated, vocabulary);
    const usage =
      request.continuousUsage && request.includeUsage && !faults.has('no-usage')
        ? usageOf(this.#promptTokens, this.#generated)
        : null;
    // A response cut half way, or one without an end, never shows its finish reason.
    const hidden = faults.has('truncated') || faults.has('truncated-event') || faults.has('endless');
    const chunk = chunkJson(
      head,
      request,
      ids,
      this.#sent === 0,
      last && !hidden ? finishReason : null,
      usage,
    );
    this.#sent = this.#generated;
    return { text: JSON.stringify(chunk), tokens: ids.length };
  }

  #finish(): void {
    const { request, head, faults } = this.#context;
    this.#silent = strikeAfterLastToken(this.#sabotaged());
    if (this.#silent) return;
    if (request.includeUsage && !faults.has('no-usage')) {
      const usage = usageOf(this.#promptTokens, this.#countedTokens);
      const cached = this.#context.cachedTokens();
      const timings = {
        cache_n: cached,
        prompt_n: this.#promptTokens - cached,
        predicted_n: this.#generated,
      };
      const last = { ...usageJson(head, usage, cached), ...(this.#context.timings && { timings }) };
      this.#write(JSON.stringify(last), 0);
    }
    if (!faults.has('missing-done')) this.#write('[DONE]', 0);
    this.#wire.end();
  }

  get #promptTokens(): number {
    const { request, faults } = this.#context;
    return request.promptIds.length + (faults.has('wrong-prompt-usage') ? TEMPLATE_TOKENS : 0);
  }

  get #countedTokens(): number {
    return this.#generated + (this.#context.faults.has('wrong-usage') ? 1 : 0);
  }

  #sendWhole(): void {
    const { request, head, order, vocabulary, finishReason, response, faults } = this.#context;
    const usage = usageOf(this.#promptTokens, this.#countedTokens);
    const ids = idsBetween(order, 0, this.#generated, vocabulary);
    const body = completionJson(head, request, ids, finishReason, usage, this.#context.cachedTokens());
    if (faults.has('no-usage')) Reflect.deleteProperty(body, 'usage');
    const text = JSON.stringify({ ...body, kv_transfer_params: this.#context.kvTransferParams() });
    response.writeHead(200, { 'content-type': 'application/json' });
    this.#log('end', this.#generated, (done) => response.end(text, done));
  }

  #write(data: string, tokens: number): void {
    this.#log('chunk', tokens, (done) => this.#wire.event(data, done));
  }

  #log(kind: 'chunk' | 'end', tokens: number, write: (done: () => void) => void): void {
    const { sendLog, head, clientRequest } = this.#context;
    if (sendLog === null) {
      write(() => {});
      return;
    }
    const written = hostClock();
    write(() =>
      sendLog.add({
        request: head.id,
        client_request: clientRequest,
        kind,
        tokens,
        write_s: written,
        flushed_s: hostClock(),
      }),
    );
  }
}
