import { type CountRange, cardCounts } from '../card-count.ts';
import { asPercent, type Judge, reason } from './case.ts';

interface Compared {
  readonly unit: string;
  readonly served: number;
  readonly card: CountRange;
}

/**
 * The server's own estimate of what it computed and moved against the model card's: another model, another format of its
 * weights or of its KV cache. Over the whole cell, which begins and ends with an idle server.
 */
export const judgeModelCard: Judge = ({ evidence, thresholds }) => {
  const { counted, serverWholeCell: server, timelines, pair } = evidence;
  // A preempted prompt is computed again, and half of a pair computes half of a request.
  if (counted === undefined || server === null || pair !== undefined) return null;
  const { delta } = server;
  // Rejected tokens were computed, too.
  if (delta.spec_draft_tokens) return null;
  if (delta.preemptions !== 0 && delta.preemptions !== null) return null;
  const card = cardCounts(counted, timelines, delta);
  const moved = sumOf(delta.estimated_read_bytes, delta.estimated_write_bytes);
  const compared = [
    { unit: 'FLOP', served: delta.estimated_flop, card: card.flop },
    { unit: 'bytes', served: moved, card: card.bytes },
  ].filter((row): row is Compared => (row.served ?? 0) > 0 && row.card !== null && row.card.low > 0);
  const [worst] = compared
    .map((row) => ({ ...row, off: outside(row) }))
    .sort((a, b) => Math.abs(b.off) - Math.abs(a.off));
  const limit = thresholds.model_card_mismatch_share;
  if (worst === undefined || Math.abs(worst.off) <= limit) return null;
  const { unit, served, off } = worst;
  const nearest = off > 0 ? worst.card.high : worst.card.low;
  const message = `the server counts ${served.toExponential(2)} ${unit} a device, the model card ${nearest.toExponential(2)}: ${asPercent(off)} off`;
  return reason('model_card_mismatch', 'flagged', 'use', message, off, limit);
};

const sumOf = (a: number | null | undefined, b: number | null | undefined): number | null =>
  a == null || b == null ? null : a + b;

/** How far the server's count lies from the card's range, as a share of its nearer end. */
function outside({ served, card }: Compared): number {
  if (served > card.high) return served / card.high - 1;
  return served < card.low ? served / card.low - 1 : 0;
}
