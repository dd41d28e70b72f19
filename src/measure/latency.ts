import type { RequestTimeline } from './timeline.ts';

/** Output tokens by the server's count, else the tokens that were seen to arrive. */
export function outputTokens(request: RequestTimeline): number {
  if (request.usage !== null) return request.usage.completion_tokens;
  let tokens = 0;
  for (const count of request.chunks.tokens) tokens += count;
  return tokens;
}

/** Tokens after those of the first chunk: what TPOT is taken over. */
export function tokensAfterFirst(request: RequestTimeline): number {
  return outputTokens(request) - (request.chunks.tokens[0] ?? 0);
}

/** Stamp of the first token-bearing chunk; null when no token arrived. */
export function firstTokenAt(request: RequestTimeline): number | null {
  return request.chunks.at_s[0] ?? null;
}

/** Stamp of the last token-bearing chunk; usage-only chunks and `[DONE]` never extend it. */
export function lastTokenAt(request: RequestTimeline): number | null {
  return request.chunks.at_s.at(-1) ?? null;
}

/** Time to first token, s: from the request on the socket to the first token-bearing chunk. */
export function ttft(request: RequestTimeline): number | null {
  const first = firstTokenAt(request);
  return first === null ? null : first - request.sent_s;
}

/** Time of the whole answer, s: from the request on the socket to the last token-bearing chunk. */
export function e2e(request: RequestTimeline): number | null {
  const last = lastTokenAt(request);
  return last === null ? null : last - request.sent_s;
}

/** TTFT from when the load pattern wanted the request sent, s: a client that is late cannot hide it. */
export function ttftScheduled(request: RequestTimeline): number | null {
  const first = firstTokenAt(request);
  return first === null ? null : first - request.scheduled_s;
}

/** E2E from when the load pattern wanted the request sent, s. */
export function e2eScheduled(request: RequestTimeline): number | null {
  const last = lastTokenAt(request);
  return last === null ? null : last - request.scheduled_s;
}

/** Time per output token after the first chunk, s: (t_last − t_first)/(N − n_first); null, not 0, when undefined. */
export function tpot(request: RequestTimeline): number | null {
  const first = firstTokenAt(request);
  const last = lastTokenAt(request);
  const tokens = tokensAfterFirst(request);
  return first === null || last === null || tokens < 1 ? null : (last - first) / tokens;
}

/** TTFT as vLLM's own client takes it, s: the first non-empty `choices`, tokens or not. */
export function ttftVllm(request: RequestTimeline): number | null {
  return request.first_choices_s === null ? null : request.first_choices_s - request.sent_s;
}

/** TPOT as vLLM's own client takes it, s: (E2E − TTFT)/(N − 1), its own TTFT; null when undefined. */
export function tpotVllm(request: RequestTimeline): number | null {
  const whole = e2e(request);
  const start = ttftVllm(request);
  const tokens = outputTokens(request) - 1;
  return whole === null || start === null || tokens < 1 ? null : (whole - start) / tokens;
}

/** Time that a request stays in the engine, s: TTFT + (N − 1)·TPOT for its own N. */
export function residence(request: RequestTimeline): number | null {
  const start = ttft(request);
  if (start === null) return null;
  return start + (outputTokens(request) - 1) * (tpot(request) ?? 0);
}
