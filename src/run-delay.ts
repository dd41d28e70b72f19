import { openSync, readSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

const SPACE = 32;

/**
 * Seconds that this thread has waited for a core since it began, though it had work: what other processes take from it.
 * Linux counts it per thread and a read costs under a microsecond; elsewhere it is not known and reads 0.
 */
export const runDelaySeconds: () => number = openRunDelay();

/** Watches this thread from now on: the share of the time in which it waited for a core; null where that is not known. */
export function watchCoreWait(): () => number | null {
  if (process.platform !== 'linux') return () => null;
  const [began, waited] = [performance.now(), runDelaySeconds()];
  return () => (1000 * (runDelaySeconds() - waited)) / (performance.now() - began);
}

function openRunDelay(): () => number {
  let file: number;
  try {
    // The link names the thread that opens it, so every thread has its own.
    file = openSync('/proc/thread-self/schedstat', 'r');
  } catch {
    return () => 0;
  }
  const bytes = Buffer.alloc(96);
  return () => secondField(bytes, readSync(file, bytes, 0, bytes.length, 0)) / 1e9;
}

/** `run_ns delay_ns slices`. */
function secondField(bytes: Buffer, length: number): number {
  let at = bytes.indexOf(SPACE) + 1;
  let value = 0;
  for (; at < length && bytes[at] !== SPACE; at++) value = value * 10 + (bytes[at]! - 48);
  return value;
}
