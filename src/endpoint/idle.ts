import type { MetricsSnapshot } from './metrics-snapshot.ts';

export interface IdleOptions {
  /** Longest wait. */
  readonly timeoutMs?: number;
  readonly pollMs?: number;
}

/**
 * Waits until the server reports neither running nor waiting requests, twice in a row: an abort takes a step or two to
 * arrive. A server without these gauges is taken as idle, since the caller's own streams have ended.
 * @param scrape one scrape; its errors are this function's errors
 * @returns false when requests were still there at the end of the wait: another client uses the server
 */
export async function waitForIdle(
  scrape: () => Promise<MetricsSnapshot | null>,
  { timeoutMs = 30_000, pollMs = 100 }: IdleOptions = {},
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (let idleInARow = 0; ; ) {
    const snapshot = await scrape();
    if (snapshot === null || snapshot.running === null) return true;
    const busy = snapshot.running + (snapshot.waiting ?? 0) > 0;
    idleInARow = busy ? 0 : idleInARow + 1;
    if (idleInARow === 2) return true;
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
