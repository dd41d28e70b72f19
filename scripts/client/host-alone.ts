import { type CoreTime, coreTime, stolenShare } from '../../src/core-time.ts';
import type { SentResponse } from '../../src/null-server/options.ts';
import type { Cores } from './run-client.ts';
import { hostWakeUps, shareAsleep, wakeUpLine } from './wake-up.ts';

/** About as many wake-ups before a run, and after it, as it has bursts: the host of one minute is not that of the next. */
const WAKE_UPS = 300;
/** So long a client, and a server, works for a token. */
const WORK_MS = 0.015;
/** Most of a period that is spent at work. */
const MOST_WORK = 0.8;
/** Wake-ups before and after a run tell those within it to such a factor. */
const SCATTER = 2;

/** What of a run's stamps beyond their bound may be the host's own doing. */
export interface HostAlone {
  /**
   * Share of the run's stamps: those that find a client asleep whom the host wakes late, and those that come while a
   * hypervisor runs something else on the core.
   */
  readonly beyondBound: number;
  /** What to print of it. */
  readonly lines: string;
}

/** A host before, while and after something is measured on it. */
export class HostWatch {
  readonly #wakeUps: () => Promise<number[]>;
  readonly #periodMs: number;
  readonly #before: readonly number[];
  readonly #from: CoreTime | null = coreTime();

  private constructor(wakeUps: () => Promise<number[]>, periodMs: number, before: readonly number[]) {
    this.#wakeUps = wakeUps;
    this.#periodMs = periodMs;
    this.#before = before;
  }

  /** Call it right before a run of so many streams; takes a few seconds. */
  static async begin(cores: Cores, periodMs: number, streams: number): Promise<HostWatch> {
    const busyMs = Math.min(MOST_WORK * periodMs, WORK_MS * streams);
    const wakeUps = () => hostWakeUps(cores, WAKE_UPS, { periodMs, busyMs });
    return new HostWatch(wakeUps, periodMs, await wakeUps());
  }

  /** Call it right after the run, with what its server sent; takes a few seconds. */
  async end(truth: readonly SentResponse[]): Promise<HostAlone> {
    const stolen = stolenShare(this.#from, coreTime());
    const wakeUps = [...this.#before, ...(await this.#wakeUps())];
    const asleep = shareAsleep(wakeUps, truth, this.#periodMs / 2000);
    return {
      beyondBound: SCATTER * asleep + (stolen ?? 0),
      lines: `${wakeUpLine(wakeUps, asleep)}${stolenLine(stolen)}`,
    };
  }
}

const stolenLine = (share: number | null): string =>
  share === null
    ? ''
    : `\n        the hypervisor took ${Number((100 * share).toPrecision(2))} % of the time in which its cores had work`;
