import { checkSteps } from './check-steps.ts';
import type { Checks } from './checks.ts';
import { type CellData, isClientBound, mean, tokensOf } from './record.ts';

/** Verdicts and what they rest on: tokens, prefix hits, requests without an end. */
export function checkCells(checks: Checks, cells: readonly CellData[], planned: number): void {
  checks.check('every cell has a verdict', cells.length === planned, `${cells.length} of ${planned} cells`);
  for (const cell of cells) {
    const { record, label, timelines } = cell;
    const codes = record.reasons.map((reason) => reason.code).join(' ') || 'no reasons';
    const failed = timelines.filter((timeline) => timeline.outcome.state === 'failed').length;
    checks.check(
      `${label}: measured`,
      record.metrics !== null && failed === 0,
      `${record.verdict} (${codes}); ${timelines.length} requests, ${failed} failed`,
    );
    const unexpected = record.reasons.filter((reason) => reason.effect === 'invalid');
    const said = unexpected.map((reason) => reason.message).join('; ');
    // A client that did not get the core says so itself: its timings are nobody's fault and prove nothing.
    if (unexpected.length > 0 && isClientBound(record)) {
      checks.skip(`${label}: not invalid: client_bound on this host: ${said}`);
    } else checks.check(`${label}: not invalid`, unexpected.length === 0, said || record.verdict);
    checkStreams(checks, label, timelines);
    checkSteps(checks, cell);
  }
}

/** What each stream must have shown, cell by cell. */
function checkStreams(checks: Checks, label: string, timelines: CellData['timelines']): void {
  const completed = timelines.filter((timeline) => timeline.outcome.state === 'completed');
  const exact = completed.filter(
    (timeline) =>
      timeline.tokens_counted_by === 'server' &&
      timeline.usage?.prompt_tokens === timeline.input_tokens &&
      timeline.usage.completion_tokens === timeline.output_tokens &&
      tokensOf(timeline) === timeline.output_tokens,
  );
  const chunks = completed.flatMap((timeline) => timeline.chunks.tokens);
  checks.check(
    `${label}: lengths exact`,
    completed.length > 0 && exact.length === completed.length,
    `${exact.length} of ${completed.length} requests, ${mean(chunks).toFixed(3)} tokens a chunk`,
  );
}
