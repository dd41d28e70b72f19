import { RidgeError } from '../errors.ts';

/** What can be made to go wrong, and how. `half way` is half of the requested output tokens. */
export const FAULTS = {
  'http-400': 'answers 400 before any stream',
  'http-401': 'answers 401 before any stream',
  'http-404': 'answers 404 before any stream',
  'http-429': 'answers 429 before any stream',
  'http-429-retry': 'answers 429 and asks to wait a second (Retry-After)',
  'http-500': 'answers 500 before any stream',
  'http-503': 'answers 503 before any stream',
  'html-page': 'answers 200 with a web page, as a proxy does',
  'slow-first-byte': 'holds the response back for half a second',
  'reset-before-headers': 'resets the connection instead of answering',
  'reset-after-headers': 'resets the connection after the headers',
  'reset-mid-stream': 'resets the connection half way',
  'reset-after-last-token': 'resets the connection after the last token, before usage and [DONE]',
  'stall-before-first-token': 'sends the headers, then nothing',
  'stall-mid-stream': 'goes silent half way and keeps the connection open',
  'error-in-stream': 'sends an error object half way, inside the 200',
  'no-choices': 'sends a data object without choices half way, then ends the response',
  truncated: 'ends the response half way: no finish reason, no usage, no [DONE]',
  'truncated-event': 'ends the response in the middle of an event',
  garbage: 'sends JSON that is cut off half way, and goes on',
  endless: 'goes on with tokens after the last one, for ever',
  'endless-event': 'sends an event without an end',
  'no-usage': 'leaves every usage out',
  'wrong-usage': 'counts one output token too many in the final usage',
  'wrong-prompt-usage': 'counts 13 prompt tokens too many, as a chat template adds',
  'missing-done': 'leaves [DONE] out',
  'duplicate-chunks': 'sends every chunk twice',
  'empty-chunks': 'sends a chunk without a token before each one',
  'split-events': 'sends every byte as a part of its own',
  'split-utf8': 'cuts every event inside a character of several bytes',
  crlf: 'ends lines with CR LF',
  comments: 'sends comments, ids and empty lines between the events',
  'wrong-content-type': 'calls its stream application/json',
  gzip: 'compresses the stream though nobody asked for it',
  'wrong-estimates': 'counts half as many FLOPs and bytes again in its metrics as its steps have',
  'refused-after': 'stops listening after N requests; those running finish',
  'restart-after': 'restarts as a newer version at the Nth request: connections cut, counters at zero',
  'exit-after': 'exits half way through the Nth request',
  'engine-death-after': 'sends a data object without choices half way through the Nth request, then exits',
} as const;
export type FaultKind = keyof typeof FAULTS;

/** When a fault strikes: every request, a share of them, the first N, or from the Nth on; for `*-after` kinds the Nth. */
export type FaultTrigger =
  | { readonly when: 'always' }
  | { readonly when: 'probability'; readonly probability: number }
  | { readonly when: 'count'; readonly count: number }
  | { readonly when: 'from'; readonly first: number };

export interface FaultRule {
  readonly kind: FaultKind;
  readonly trigger: FaultTrigger;
}

export const isFaultKind = (kind: string): kind is FaultKind => Object.hasOwn(FAULTS, kind);
/** Whether a kind strikes one request alone, the Nth. */
export const countsRequests = (kind: FaultKind): boolean => kind.endsWith('-after');

/**
 * Reads `KIND`, `KIND:0.1` (probability), `KIND:3` (the first three requests, or after three) or `KIND:3+` (from the third on).
 * @throws RidgeError (exit 2)
 */
export function parseFault(text: string): FaultRule {
  const [kind = '', amount, ...rest] = text.split(':');
  if (!isFaultKind(kind)) {
    throw new RidgeError(`unknown fault '${kind}'`, {
      where: '--fault',
      mend: `Known: ${Object.keys(FAULTS).join(', ')}.`,
    });
  }
  const trigger = rest.length > 0 ? null : triggerOf(amount);
  if (trigger === null) {
    throw new RidgeError(`'${text}' needs a whole number of requests or a probability below 1 after ':'`, {
      where: '--fault',
    });
  }
  if (kind === 'wrong-estimates' && trigger.when !== 'always') {
    throw new RidgeError(`${kind} is of the metrics, not of requests`, {
      where: '--fault',
      mend: `Write --fault ${kind}.`,
    });
  }
  if (countsRequests(kind) && trigger.when !== 'count') {
    throw new RidgeError(`${kind} needs a number of requests`, {
      where: '--fault',
      mend: `For example --fault ${kind}:5.`,
    });
  }
  return { kind, trigger };
}

function triggerOf(amount: string | undefined): FaultTrigger | null {
  if (amount === undefined) return { when: 'always' };
  const value = Number(amount.replace(/\+$/, ''));
  if (Number.isInteger(value) && value >= 1) {
    return amount.endsWith('+') ? { when: 'from', first: value } : { when: 'count', count: value };
  }
  return value > 0 && value < 1 && !amount.endsWith('+') ? { when: 'probability', probability: value } : null;
}
