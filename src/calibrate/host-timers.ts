import { setTimeout as sleep } from 'node:timers/promises';
import { distributionOf } from './stamps.ts';

/** Of this thread while it has nothing else to do. */
export interface HostTimers {
  /** The smallest step of its monotonic clock that was seen, s. */
  readonly clockStep: number;
  /** How much later than asked a timer fires, s. */
  readonly lateP50: number;
  readonly lateP99: number;
}

const ASKED_MS = 2;
const READINGS = 2_000;

/** Takes a few milliseconds a round. */
export async function measureTimers(rounds: number): Promise<HostTimers> {
  const late: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const asked = performance.now();
    await sleep(ASKED_MS);
    late.push((performance.now() - asked - ASKED_MS) / 1000);
  }
  const { p50, p99 } = distributionOf(late)!;
  return { clockStep: clockStep(), lateP50: p50, lateP99: p99 };
}

function clockStep(): number {
  let smallest = Number.POSITIVE_INFINITY;
  let last = performance.now();
  for (let reading = 0; reading < READINGS; reading++) {
    const now = performance.now();
    if (now > last) smallest = Math.min(smallest, now - last);
    last = now;
  }
  return smallest / 1000;
}
