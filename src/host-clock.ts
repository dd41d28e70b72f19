/**
 * Seconds to add to this thread's `performance.now() / 1000` to get the system's monotonic clock, which all processes
 * and threads of a host share. Both read one and the same clock, so the offset is a constant of the thread; of a few
 * readings the closest pair is taken.
 */
export const hostClockOffsetS: number = measureOffset();

/** Monotonic seconds that other threads and processes of this host can compare with their own. */
export const hostSeconds = (): number => performance.now() / 1000 + hostClockOffsetS;

function measureOffset(): number {
  let closest = Number.POSITIVE_INFINITY;
  let offset = 0;
  for (let reading = 0; reading < 20; reading++) {
    const before = performance.now();
    const host = Number(process.hrtime.bigint()) / 1e9;
    const after = performance.now();
    if (after - before >= closest) continue;
    closest = after - before;
    offset = host - (before + after) / 2000;
  }
  return offset;
}
