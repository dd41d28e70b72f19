import type { EndpointPort } from '../endpoint/port.ts';
import type { CellRecord } from '../run/schema.ts';

type SocketFacts = NonNullable<NonNullable<CellRecord['client']>['sockets']>;

/** What the sockets of a cell saw, as its record has it; null where a thread of the client has ended. */
export async function socketFacts(port: EndpointPort, workers: number): Promise<SocketFacts | null> {
  const counts = await port.counts().catch(() => null);
  if (counts === null) return null;
  const { connections, reads, fullReads: full_reads, unparsedPeak: unparsed_peak_bytes } = counts;
  return { workers, connections, reads, full_reads, unparsed_peak_bytes };
}
