import type { ServerResponse } from 'node:http';
import type { FaultKind } from '../faults.ts';
import { hostClock, type SendLog } from '../send-log.ts';
import {
  type CompletionHead,
  chunkJson,
  completionJson,
  idsBetween,
  usageJson,
  usageOf,
} from './completion-json.ts';
import type { CompletionRequest } from './completion-request.ts';

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
  /** Whether a token waits for the next one, to leave in one chunk. */
  readonly holdsToken: () => boolean;
  readonly exit: () => void;
  /** Tokens of the prompt that the prefix cache held; known once the request runs. */
  readonly cachedTokens: () => number;
}

/** Writes the tokens of one request to its client, with the faults that were asked for. */
export class Answer {
  readonly #context: AnswerContext;
  readonly #halfWay: number;
  #generated = 0;
  #sent = 0;
  #silent = false;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#halfWay = Math.max(1, Math.ceil(context.request.maxTokens / 2));
  }

  /** Sends the headers of a stream; they leave before the first token, as vLLM's do. */
  begin(): void {
    const { request, response } = this.#context;
    if (!request.stream) return;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.flushHeaders();
  }

  token(last: boolean): void {
    this.#generated += 1;
    const { request, holdsToken } = this.#context;
    if (this.#silent || this.#context.response.destroyed) return;
    if (!request.stream) {
      if (this.#generated === this.#halfWay) this.#misbehave();
      if (last && !this.#silent) this.#sendWhole();
      return;
    }
    if (last || this.#generated === this.#halfWay || !holdsToken()) this.#sendChunk(last);
    if (this.#generated === this.#halfWay) this.#misbehave();
    if (last && !this.#silent) this.#finish();
  }

  #sendChunk(last: boolean): void {
    const { request, head, order, vocabulary, finishReason, faults } = this.#context;
    const ids = idsBetween(order, this.#sent, this.#generated, vocabulary);
    const usage =
      request.continuousUsage && request.includeUsage && !faults.has('no-usage')
        ? usageOf(request.promptIds.length, this.#generated)
        : null;
    // A response cut half way never shows its finish reason, not even when half way is the end.
    const reason = last && !faults.has('truncated') ? finishReason : null;
    const chunk = chunkJson(head, request, ids, this.#sent === 0, reason, usage);
    this.#sent = this.#generated;
    this.#write(JSON.stringify(chunk), ids.length);
  }

  #finish(): void {
    const { request, head, response, faults } = this.#context;
    if (request.includeUsage && !faults.has('no-usage')) {
      const completed = this.#generated + (faults.has('wrong-usage') ? 1 : 0);
      const usage = usageOf(request.promptIds.length, completed);
      this.#write(JSON.stringify(usageJson(head, usage, this.#context.cachedTokens())), 0);
    }
    if (!faults.has('missing-done')) this.#write('[DONE]', 0);
    response.end();
  }

  #sendWhole(): void {
    const { request, head, order, vocabulary, finishReason, response, faults } = this.#context;
    const usage = usageOf(request.promptIds.length, this.#generated + (faults.has('wrong-usage') ? 1 : 0));
    const ids = idsBetween(order, 0, this.#generated, vocabulary);
    const body = completionJson(head, request, ids, finishReason, usage, this.#context.cachedTokens());
    if (faults.has('no-usage')) Reflect.deleteProperty(body, 'usage');
    response.writeHead(200, { 'content-type': 'application/json' });
    this.#log('end', this.#generated, (done) => response.end(JSON.stringify(body), done));
  }

  /** Half way: the moment at which the faults of a stream strike. */
  #misbehave(): void {
    const { response, faults, request } = this.#context;
    if (faults.has('exit-after')) this.#context.exit();
    if (faults.has('garbage')) {
      if (request.stream) this.#write('{"id": "cmpl-', 0);
      else this.#endWith('{"id": "cmpl-');
    }
    if (faults.has('error-in-stream')) this.#sendErrorInStream();
    if (faults.has('truncated')) this.#endWith('');
    if (faults.has('stall-mid-stream')) this.#silent = true;
    if (faults.has('reset-mid-stream')) {
      this.#silent = true;
      response.socket?.resetAndDestroy();
    }
  }

  #sendErrorInStream(): void {
    const error = {
      message: 'the engine failed (asked for)',
      type: 'InternalServerError',
      param: null,
      code: 500,
    };
    const text = JSON.stringify({ error });
    if (this.#context.request.stream) {
      this.#write(text, 0);
      this.#write('[DONE]', 0);
      this.#endWith('');
    } else this.#endWith(text);
  }

  #endWith(text: string): void {
    this.#silent = true;
    this.#context.response.end(text);
  }

  #write(data: string, tokens: number): void {
    const { response } = this.#context;
    this.#log('chunk', tokens, (done) => response.write(`data: ${data}\n\n`, done));
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
