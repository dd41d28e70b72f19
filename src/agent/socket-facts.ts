import type { ClientCounts } from '../endpoint/socket-counts.ts';
import type { EventLoopDelay } from '../measure/evidence.ts';
import type { CellRecord } from '../run/schema.ts';

type SocketFacts = NonNullable<NonNullable<CellRecord['client']>['sockets']>;

/** What the sockets of a cell saw, as its record has it. */
export function socketFacts(counts: ClientCounts, workers: number): SocketFacts {
  const { connections, reads, fullReads: full_reads, unparsedPeak: unparsed_peak_bytes } = counts;
  return { workers, connections, reads, full_reads, unparsed_peak_bytes };
}

/** The waits for a core of whichever thread waited most: this one, or one that reads sockets. */
export function withReadersWait(
  delay: EventLoopDelay | null,
  readers: ClientCounts | null,
): EventLoopDelay | null {
  const waited = readers?.coreWaitShare ?? null;
  if (delay === null || waited === null) return delay;
  return { ...delay, core_wait_share: Math.max(waited, delay.core_wait_share ?? 0) };
}
