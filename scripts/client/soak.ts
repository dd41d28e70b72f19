import { hostSeconds } from '../../src/host-clock.ts';
import { ownClient } from './commands.ts';
import { figuresOf } from './figures.ts';
import { loadOf } from './load.ts';
import { type Cores, runClient } from './run-client.ts';

const TIMING = { periodMs: 10, firstTokenMs: 200, release: 'together' } as const;
const RUNGS = [100, 200, 400, 800, 1200, 1600];
/** A rate is held when the server sends this share of what it was asked for, and the client is no slower. */
const HELD_SHARE = 0.95;
const MB = 2 ** 20;

/** The most streams, of the rungs, whose tokens are all sent and read in time. */
async function highestHeld(cores: Cores, resultFile: string): Promise<number> {
  let held = RUNGS[0]!;
  for (const streams of RUNGS) {
    const run = await runClient(
      ownClient(1),
      loadOf(streams),
      { ...TIMING, keepLog: true },
      cores,
      resultFile,
    );
    const { tpot, trueTpot } = figuresOf(run);
    const ok = trueTpot <= TIMING.periodMs / HELD_SHARE && tpot! <= trueTpot / HELD_SHARE;
    console.log(
      `  ${streams} streams: TPOT ${tpot!.toFixed(2)} ms, true ${trueTpot.toFixed(2)} ms: ${ok ? 'held' : 'not held'}`,
    );
    if (!ok) break;
    held = streams;
  }
  return held;
}

/** So many minutes at the highest rate held: false when the client's memory grows by more than a tenth after the first tenth of the time. */
export async function soak(cores: Cores, resultFile: string, minutes: number): Promise<boolean> {
  const streams = await highestHeld(cores, resultFile);
  // A request takes 0.2 s and 127 periods.
  const load = loadOf(streams, Math.ceil((60 * minutes) / 1.48));
  const begun = hostSeconds();
  const client = ownClient(1, false);
  const { cpu, server } = await runClient(client, load, { ...TIMING, keepLog: false }, cores, resultFile);
  const steady = cpu.filter(({ at_s }) => at_s > begun + 6 * minutes);
  const memory = steady.map(({ rssBytes }) => rssBytes / MB);
  const [first, last] = [mean(memory.slice(0, 100)), mean(memory.slice(-100))];
  const flat = last <= 1.1 * first;
  console.log(
    `  ${flat ? 'ok  ' : 'MISS'}  ${minutes} min at ${streams} streams, ${server.tokens} tokens: memory ${first.toFixed(0)} MiB at first, ${last.toFixed(0)} at last`,
  );
  return flat;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
