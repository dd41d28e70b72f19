/** One load, and how the client did under it. */
export interface Rung {
  readonly streams: number;
  readonly eventsPerSecond: number;
  /** p99 of the stamp error, s. */
  readonly errorP99: number;
  /** Whether the server sent as fast as it was asked to. */
  readonly serverKeptUp: boolean;
}

export interface RateSearch {
  readonly firstStreams: number;
  readonly fewestStreams: number;
  readonly mostStreams: number;
  /** p99 of the stamp error up to which a rate counts as held, s. */
  readonly limit: number;
  /** How often the gap between a held load and a missed one is halved. */
  readonly refinements: number;
}

export interface FoundRate {
  readonly held: Rung;
  readonly endedBy: 'client' | 'server' | 'most_streams';
}

/**
 * The highest event rate whose stamps are in time: streams are doubled until the stamps come late or the server cannot send
 * more, then the last gap is halved. A load that is missed is tried once more, so that a moment of other work on the host is
 * not taken for the client's limit.
 * @param measure one load; null where the host has no sockets for so many streams
 * @returns null where even the fewest streams are stamped too late
 */
export async function searchRate(
  measure: (streams: number) => Promise<Rung | null>,
  { firstStreams, fewestStreams, mostStreams, limit, refinements }: RateSearch,
): Promise<FoundRate | null> {
  const inTime = (rung: Rung): boolean => rung.errorP99 <= limit;
  const tried = async (streams: number): Promise<Rung | null> => {
    const once = await measure(streams);
    return once === null || inTime(once) ? once : measure(streams);
  };
  let held: Rung | null = null;
  let missed: Rung | null = null;
  let left = refinements;
  for (let streams: number | null = firstStreams; streams !== null; ) {
    const rung = await tried(streams);
    if (rung === null) return held && { held, endedBy: 'most_streams' };
    if (inTime(rung)) {
      if (held === null || rung.eventsPerSecond > held.eventsPerSecond) held = rung;
      if (!rung.serverKeptUp) return { held, endedBy: 'server' };
    } else missed = rung;
    if (missed === null) {
      if (streams >= mostStreams) return { held: held!, endedBy: 'most_streams' };
      streams = Math.min(mostStreams, 2 * streams);
    } else if (held === null) {
      streams = streams <= fewestStreams ? null : Math.max(fewestStreams, Math.floor(streams / 2));
    } else {
      streams = left-- > 0 ? between(held.streams, missed.streams) : null;
    }
  }
  return held && { held, endedBy: 'client' };
}

/** The geometric middle; null where there is nothing between. */
function between(low: number, high: number): number | null {
  const middle = Math.round(Math.sqrt(low * high));
  return middle > low && middle < high ? middle : null;
}
