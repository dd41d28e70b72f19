import { Agent, request } from 'undici';

/** A short request beside the measured ones: scrapes and questions, never token streams. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** Monotonic seconds when the request began and when the whole answer was in. */
  readonly began_s: number;
  readonly ended_s: number;
}

export interface HttpAsk {
  readonly method?: 'GET' | 'POST';
  readonly json?: unknown;
  readonly apiKey?: string | null;
  readonly timeoutMs?: number;
}

/** Longest answer that is read, bytes: a `/metrics` page is under one megabyte. */
const LONGEST_ANSWER_BYTES = 32 * 1024 * 1024;

// Of its own, so that a scrape never waits for, or takes, a connection of the measured streams. HTTP/1.1 only: vLLM speaks
// nothing else, and the connection closes soon so that a process can end.
const agent = new Agent({ allowH2: false, connect: { timeout: 10_000 }, keepAliveTimeout: 1_000 });

/** Joins a base URL (with or without a path or `/v1`) and a path of the server. */
export function endpointUrl(base: string, path: string): string {
  return base.replace(/\/+$/, '').replace(/\/v1$/, '') + path;
}

/** Asks once; throws what undici throws when there is no answer in time. */
export async function ask(url: string, options: HttpAsk = {}): Promise<HttpAnswer> {
  const began_s = performance.now() / 1000;
  const timeoutMs = options.timeoutMs ?? 10_000;
  const response = await request(url, {
    dispatcher: agent,
    method: options.method ?? 'GET',
    headers: {
      ...authorization(options.apiKey),
      ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: options.json === undefined ? null : JSON.stringify(options.json),
    signal: AbortSignal.timeout(timeoutMs),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const text = await readBounded(response.body);
  return { status: response.statusCode, text, began_s, ended_s: performance.now() / 1000 };
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > LONGEST_ANSWER_BYTES) throw new Error(`answer longer than ${LONGEST_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Header that carries the API key, if there is one. */
export function authorization(apiKey: string | null | undefined): Record<string, string> {
  return apiKey ? { authorization: `Bearer ${apiKey}` } : {};
}
