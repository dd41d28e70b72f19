import type { Checks } from './checks.ts';
import { type CellData, sum, tokensOf } from './record.ts';

/** The engine's steps of a cell: all tokens are in them, and their number is the server's or the cell says that it is not. */
export function checkSteps(checks: Checks, { label, record, steps, timelines }: CellData): void {
  const seen = timelines.reduce((total, timeline) => total + tokensOf(timeline), 0);
  checks.check(
    `${label}: engine steps hold every token`,
    steps !== null && steps.end_s.length === record.steps?.count && sum(steps.tokens) === seen,
    steps === null
      ? 'no steps stored'
      : `${sum(steps.tokens)} of ${seen} tokens in ${steps.end_s.length} steps`,
  );
  const { checked_count = null, server_count = null, resolved = null } = record.steps ?? {};
  const said = record.reasons.some(({ code }) => code === 'steps_unresolved');
  const apart = checked_count !== null && server_count ? 100 * (checked_count / server_count - 1) : null;
  checks.check(
    `${label}: engine steps, stamps against server`,
    resolved !== null && resolved !== said,
    `${checked_count} and ${server_count} (${apart?.toFixed(2) ?? '?'} %)${said ? ', steps_unresolved' : ''}`,
  );
}
