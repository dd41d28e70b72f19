import type { ReasonCode } from '../../src/measure/reasons.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import type { Checks } from './checks.ts';
import { type CellData, tokensOf } from './record.ts';

/** Codes that say that a request was not what was asked for; most others are the busy host's matter. */
export const NOT_AS_ASKED: readonly ReasonCode[] = [
  'request_failed',
  'output_length_off',
  'input_length_off',
  'token_count_mismatch',
  'n_first_unknown',
  'prefix_cache_hit',
];

/** An event may carry several tokens, where the server was slow to send or speculates: none of them is lost. */
export const isWhole = (request: RequestTimeline): boolean => tokensOf(request) === request.output_tokens;

/** A cell that has none of these codes, and whose completed requests are all as they should be. */
export function checkRequests(
  checks: Checks,
  name: string,
  { record, timelines }: CellData,
  { codes, holds }: { codes: readonly ReasonCode[]; holds: (request: RequestTimeline) => boolean },
): void {
  const found = record.reasons.filter(({ code }) => codes.includes(code));
  const completed = timelines.filter(({ outcome }) => outcome.state === 'completed');
  const good = completed.filter(holds);
  checks.check(
    name,
    found.length === 0 && good.length > 0 && good.length === completed.length,
    `${good.length} of ${completed.length}; ${found.map(({ message }) => message).join('; ') || 'no reasons'}`,
  );
}
