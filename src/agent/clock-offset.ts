import { wallClockSeconds } from './host-facts.ts';

/** One ping: controller's clock before and after, agent's clock between, seconds. */
export interface RoundTrip {
  readonly sent_s: number;
  readonly agent_s: number;
  readonly received_s: number;
}

/**
 * Agent's clock minus the controller's, from the shortest of several round trips: the true value lies within half of
 * that round trip.
 * @throws RangeError without any round trip
 */
export function clockOffset(trips: readonly RoundTrip[]): { offset_s: number; bound_s: number } {
  if (trips.length === 0) throw new RangeError('no round trip');
  const duration = (trip: RoundTrip): number => trip.received_s - trip.sent_s;
  const best = trips.reduce((a, b) => (duration(b) < duration(a) ? b : a));
  return {
    offset_s: best.agent_s - (best.sent_s + best.received_s) / 2,
    bound_s: duration(best) / 2,
  };
}

const PINGS = 8;

/** Measures the offset by several pings, each of which gives the agent's clock in seconds. */
export async function measureClock(
  ping: () => Promise<number>,
): Promise<{ offset_s: number; bound_s: number }> {
  const trips: RoundTrip[] = [];
  for (let count = 0; count < PINGS; count += 1) {
    const sent_s = wallClockSeconds();
    const agent_s = await ping();
    trips.push({ sent_s, agent_s, received_s: wallClockSeconds() });
  }
  return clockOffset(trips);
}
