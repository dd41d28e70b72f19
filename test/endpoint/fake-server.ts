import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface CompletionRequest {
  readonly prompt: number[] | string;
  readonly max_tokens: number;
  readonly [field: string]: unknown;
}

export type Answer = (body: CompletionRequest, response: ServerResponse, request: IncomingMessage) => void;

export interface FakeServer {
  readonly url: string;
  readonly bodies: CompletionRequest[];
  readonly headers: IncomingMessage['headers'][];
  /** Sockets opened so far. */
  connections(): number;
}

/** A tiny HTTP server that answers POSTs as the test says, and GETs by path with a page or a status (0: it hangs up); closed when the test ends. */
export async function fakeServer(
  answer: Answer,
  pages: Record<string, string | number> = {},
): Promise<FakeServer> {
  const bodies: CompletionRequest[] = [];
  const headers: IncomingMessage['headers'][] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      const page = pages[request.url ?? ''];
      if (page === 0) return void request.socket.destroy();
      response.statusCode = typeof page === 'string' ? 200 : (page ?? 404);
      response.end(typeof page === 'string' ? page : '{"detail":"no"}');
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = JSON.parse(Buffer.concat(parts).toString()) as CompletionRequest;
    bodies.push(body);
    headers.push(request.headers);
    answer(body, response, request);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, bodies, headers, connections: () => connections };
}

export const sse = (data: unknown): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

export interface TokenOptions {
  readonly text?: string;
  readonly finish?: string | null;
  readonly usage?: readonly [prompt: number, completion: number] | null;
  readonly tokenIds?: readonly number[] | null;
}

/** A chunk of `/v1/completions`, in the fields that vLLM sets. */
export function tokenChunk({ text = ' a', finish = null, usage = null, tokenIds = null }: TokenOptions = {}) {
  return {
    id: 'cmpl-1',
    object: 'text_completion',
    model: 'm',
    choices: [{ index: 0, text, logprobs: null, finish_reason: finish, token_ids: tokenIds }],
    ...(usage ? { usage: usageOf(usage) } : {}),
  };
}

export function usageOf([prompt_tokens, completion_tokens]: readonly [number, number]) {
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

export const usageChunk = (usage: readonly [number, number]) => ({
  id: 'cmpl-1',
  object: 'text_completion',
  model: 'm',
  choices: [],
  usage: usageOf(usage),
});

export function startStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
}

/** Answers like a healthy vLLM, at once. */
export const healthy: Answer = (body, response) => {
  startStream(response);
  const prompt = body.prompt.length;
  for (let i = 1; i <= body.max_tokens; i++) {
    const finish = i === body.max_tokens ? 'length' : null;
    response.write(sse(tokenChunk({ finish, usage: [prompt, i] })));
  }
  response.write(sse(usageChunk([prompt, body.max_tokens])));
  response.end(sse('[DONE]'));
};
