import type { Reason, ReasonCode } from '../../src/measure/reasons.ts';
import { type RawAnswer, rawAnswers } from './raw-answers.ts';

/** Where a fault is put in. */
export type Injection =
  /** Rules of the simulated endpoint, see `ridge simulate --fault`. */
  | { readonly at: 'endpoint'; readonly rules: readonly string[]; readonly limits?: Limits }
  /** A server that writes its own bytes. */
  | { readonly at: 'socket'; readonly answer: RawAnswer; readonly limits?: Limits }
  /** Nobody listens there, or the server that did is gone. */
  | { readonly at: 'nobody' | 'gone' }
  /** A fake agent's behaviour, see `test/agent/fake-agent.ts`. */
  | { readonly at: 'agent'; readonly mode: string }
  /** What the disk says to a write, once the first cell is finished. */
  | { readonly at: 'disk'; readonly code: 'ENOSPC' | 'EROFS' | 'EDQUOT' | 'EIO'; readonly file: string }
  /** The wall clock jumps in the middle of the second cell, s. */
  | { readonly at: 'clock'; readonly jump_s: number };

/** Seconds after which the client gives up, where a row needs other ones than a minute. */
export interface Limits {
  readonly request?: number;
  readonly stall?: number;
}

/** What comes of the cell in which the fault strikes. The cell before it is kept in every row. */
export type Expected =
  /** A verdict; of the codes those that do not depend on how busy the machine is. `says`: words of the first reason. */
  | {
      readonly codes: readonly ReasonCode[];
      readonly says?: string;
      /** The first reason flags the cell, which may be invalid for others; default: they make it invalid. */
      readonly flags?: true;
    }
  /** No verdict: the cell failed with this line, the run ends with 3. */
  | { readonly error: string }
  /** The run ended early with this line and exit code. */
  | { readonly ended: string; readonly exit: 2 | 3 };

export interface FaultRow {
  readonly fault: string;
  readonly inject: Injection;
  readonly expect: Expected;
}

const DATA_CODES: readonly ReasonCode[] = [
  'request_failed',
  'output_length_off',
  'input_length_off',
  'token_count_mismatch',
  'n_first_unknown',
  'multi_token_chunks',
  'prefix_cache_hit',
  'environment_changed',
  'model_card_mismatch',
];

/**
 * Reasons that say what was wrong with the data. The others say how steady the machine was, as does a window so short
 * that the server's counters were read too late for it.
 */
export const dataReasons = (reasons: readonly Reason[]): Reason[] =>
  reasons.filter(({ code, message }) => DATA_CODES.includes(code) && !message.includes('tokens arrived in'));

const endpoint = (fault: string, expect: Expected, limits?: Limits): FaultRow => ({
  fault,
  inject: { at: 'endpoint', rules: [fault], ...(limits && { limits }) },
  expect,
});
const socket = (fault: string, answer: RawAnswer, expect: Expected, limits?: Limits): FaultRow => ({
  fault,
  inject: { at: 'socket', answer, ...(limits && { limits }) },
  expect,
});
const agent = (fault: string, mode: string, expect: Expected): FaultRow => ({
  fault,
  inject: { at: 'agent', mode },
  expect,
});

const fails = (says: string): Expected => ({ codes: ['request_failed'], says });
const harmless: Expected = { codes: [] };

/** Every fault, and what comes of it. */
export const FAULT_TABLE: readonly FaultRow[] = [
  // The connection.
  {
    fault: 'a server that is gone',
    inject: { at: 'gone' },
    expect: { error: 'the endpoint does not answer' },
  },
  { fault: 'nobody listens', inject: { at: 'nobody' }, expect: fails('ECONNREFUSED') },
  endpoint('exit-after:20', fails('requests failed')),
  endpoint('reset-before-headers', fails('connection')),
  endpoint('reset-after-headers', fails('connection 200')),
  endpoint('reset-mid-stream', fails('connection 200')),
  endpoint('reset-mid-stream:20+', fails('connection 200')),
  endpoint('reset-after-last-token', fails('connection 200')),
  endpoint('refused-after:1', fails('ECONNREFUSED')),
  // Time.
  endpoint('slow-first-byte', harmless),
  endpoint('stall-before-first-token', fails('no end after 0.5 s'), { request: 0.5 }),
  endpoint('stall-mid-stream', fails('no byte for 0.4 s'), { stall: 0.4 }),
  endpoint('endless', fails('timeout 200'), { request: 1 }),
  // Statuses.
  endpoint('http-400', fails('http_status 400: the request is wrong')),
  endpoint('http-401', fails('http_status 401: the key is wrong')),
  endpoint('http-404', fails('http_status 404: there is no such model')),
  endpoint('http-429', fails('http_status 429: too many requests')),
  endpoint('http-429:1', harmless),
  endpoint('http-429-retry:1', harmless),
  endpoint('http-429-retry', fails('too many requests (asked for) (Retry-After 1 s)')),
  endpoint('http-500', fails('http_status 500: the engine failed')),
  endpoint('http-500:2', harmless),
  endpoint('http-500:20+', fails('http_status 500: the engine failed')),
  endpoint('http-503', fails('http_status 503: not ready')),
  // What a 200 can hold.
  endpoint('html-page', fails('protocol 200: the answer is no event stream: <html>')),
  endpoint('wrong-content-type', harmless),
  endpoint('gzip', fails('protocol 200: the answer has content coding gzip')),
  endpoint('error-in-stream', fails('stream_error 200: the engine failed')),
  endpoint('error-in-stream:20+', fails('stream_error 200: the engine failed')),
  endpoint('no-choices', fails('stream_error 200: a data object without choices')),
  // Who fails first, the stream that hears of it or the others, is chance.
  endpoint('engine-death-after:20', fails('requests failed')),
  endpoint('truncated', fails('truncated 200: the stream ended without a finish reason')),
  endpoint('truncated-event', fails('truncated 200: the stream ended without a finish reason')),
  endpoint('garbage', fails('protocol 200: an event that is not JSON')),
  endpoint('endless-event', fails('protocol 200: an event over 4194304 characters')),
  endpoint('missing-done', harmless),
  endpoint('no-usage', fails('truncated 200: the stream ended without token usage')),
  endpoint('wrong-usage', { codes: ['output_length_off', 'token_count_mismatch'] }),
  endpoint('wrong-prompt-usage', { codes: ['input_length_off'], says: '29 instead of 16 tokens' }),
  endpoint('wrong-estimates', { codes: ['model_card_mismatch'], flags: true, says: 'the model card' }),
  endpoint('duplicate-chunks', harmless),
  endpoint('empty-chunks', harmless),
  // How bytes arrive.
  endpoint('split-events', harmless),
  endpoint('split-utf8', harmless),
  endpoint('crlf', harmless),
  endpoint('comments', harmless),
  socket('no HTTP at all', rawAnswers.smtp, fails('protocol')),
  socket('a header that comes byte by byte', rawAnswers.slowHeader, harmless),
  socket('a header without an end', rawAnswers.endlessHeader, fails('protocol: a head that is too long')),
  socket('a body shorter than it says', rawAnswers.shortBody, fails('connection 200')),
  socket('a chunk length that is no number', rawAnswers.badChunk, fails('protocol 200')),
  // Servers that change.
  endpoint('restart-after:20', fails('connection')),
  // Agents.
  agent('an agent killed in a cell', 'dies-in-second', harmless),
  agent('an agent that dies in every cell', 'dies-from-second', { error: 'ended with exit code 9' }),
  agent('an agent that prints noise', 'noisy', harmless),
  agent('an agent that refuses', 'refuses-second', { error: 'cannot reach http://127.0.0.1:1' }),
  agent('an engine upgraded behind the same URL', 'upgraded', { codes: ['environment_changed'] }),
  // The controller's host.
  {
    fault: 'a full disk at the line of a cell',
    inject: { at: 'disk', code: 'ENOSPC', file: 'cells.jsonl' },
    expect: { ended: 'cannot write: no space left on the disk', exit: 3 },
  },
  {
    fault: 'a full disk at the requests of a cell',
    inject: { at: 'disk', code: 'ENOSPC', file: '.jsonl.gz.tmp' },
    expect: { ended: 'cannot write: no space left on the disk', exit: 3 },
  },
  {
    fault: 'a quota that is used up',
    inject: { at: 'disk', code: 'EDQUOT', file: 'cells.jsonl' },
    expect: { ended: 'cannot write: disk quota exceeded', exit: 3 },
  },
  {
    fault: 'a disk that turns read-only',
    inject: { at: 'disk', code: 'EROFS', file: 'cells.jsonl' },
    expect: { ended: 'cannot write: the file system is read-only', exit: 3 },
  },
  {
    fault: 'a disk that fails',
    inject: { at: 'disk', code: 'EIO', file: 'cells.jsonl' },
    expect: { ended: 'cannot write: EIO', exit: 3 },
  },
  { fault: 'a clock set back an hour', inject: { at: 'clock', jump_s: -3600 }, expect: harmless },
  { fault: 'a clock set forward a day', inject: { at: 'clock', jump_s: 86_400 }, expect: harmless },
];
