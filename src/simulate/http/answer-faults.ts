import type { ServerResponse } from 'node:http';
import type { FaultKind } from '../faults.ts';
import { sendError } from './answers.ts';

const STATUSES = [
  ['http-400', 400, 'BadRequestError', 'the request is wrong (asked for)'],
  ['http-401', 401, 'AuthenticationError', 'the key is wrong (asked for)'],
  ['http-404', 404, 'NotFoundError', 'there is no such model (asked for)'],
  ['http-429', 429, 'TooManyRequests', 'too many requests (asked for)'],
  ['http-429-retry', 429, 'TooManyRequests', 'too many requests (asked for)'],
  ['http-500', 500, 'InternalServerError', 'the engine failed (asked for)'],
  ['http-503', 503, 'ServiceUnavailable', 'not ready (asked for)'],
] as const;

const RETRY_AFTER_S = 1;

/** Answers a request whose fault comes instead of a stream. @returns whether there was one */
export function answerFault(response: ServerResponse, faults: ReadonlySet<FaultKind>): boolean {
  if (faults.has('html-page')) {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<html><body>Please log in</body></html>');
    return true;
  }
  const found = STATUSES.find(([kind]) => faults.has(kind));
  if (found === undefined) return false;
  const [kind, status, type, message] = found;
  if (kind === 'http-429-retry') response.setHeader('retry-after', String(RETRY_AFTER_S));
  sendError(response, { status, type, message, param: null });
  return true;
}
