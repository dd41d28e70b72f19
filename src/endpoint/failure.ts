import type { RequestFailure, RequestOutcome } from '../measure/timeline.ts';
import { errorMessage } from './completion-chunk.ts';
import { HttpError } from './http-head.ts';
import { limitAdvice } from './socket-limits.ts';

export type FailedOutcome = Extract<RequestOutcome, { state: 'failed' }>;

export function failed(
  kind: RequestFailure,
  message: string,
  http_status: number | null = null,
): FailedOutcome {
  return { state: 'failed', kind, message: oneLine(message), http_status };
}

/**
 * An answer with another status than 200: its error message, or the beginning of its body, and what it asks to wait.
 * @param retryAfter the header Retry-After: seconds or a date
 */
export function httpFailure(status: number, body: string, retryAfter?: string): FailedOutcome {
  let message = body.slice(0, 200).trim() || 'no body';
  try {
    message = errorMessage(JSON.parse(body)) ?? message;
  } catch {
    // Not JSON: a proxy's page, say. Its beginning is the message.
  }
  const retry_after_s = secondsAsked(retryAfter);
  if (retry_after_s === null) return failed('http_status', message, status);
  return {
    ...failed('http_status', `${message} (Retry-After ${Math.ceil(retry_after_s)} s)`, status),
    retry_after_s,
  };
}

/** Seconds from now; null where the header is absent or neither a number nor a date. */
function secondsAsked(retryAfter: string | undefined): number | null {
  if (retryAfter === undefined || retryAfter === '') return null;
  const seconds = Number(retryAfter);
  const asked = Number.isNaN(seconds) ? (Date.parse(retryAfter) - Date.now()) / 1000 : seconds;
  return Number.isFinite(asked) ? Math.max(0, asked) : null;
}

/** An error of the transport: refused, reset, closed too early, or an answer that is not HTTP. */
export function transportFailure(error: Error, http_status: number | null): FailedOutcome {
  const kind = error instanceof HttpError ? 'protocol' : 'connection';
  return failed(kind, describe(error), http_status);
}

/** An error with its code; a connection tried on several addresses says so by each. */
export function describe(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(describe))].join('; ');
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const text = code && !error.message.includes(code) ? `${error.message} (${code})` : error.message;
  const advice = limitAdvice(code);
  return advice === null ? text : `${text}: ${advice}`;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 300);
