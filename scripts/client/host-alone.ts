import { type CoreTime, coreTime, stolenShare } from '../../src/core-time.ts';
import type { SentResponse } from '../../src/null-server/options.ts';
import type { Cores } from './run-client.ts';
import { hostWakeUps, shareAsleep, wakeUpLine } from './wake-up.ts';

/** About as many wake-ups before a run, and after it, as it has bursts: the host of one minute is not that of the next. */
const WAKE_UPS = 300;

/** What of a run's stamps beyond their bound is the host's own doing. */
export interface HostAlone {
  /** Share of the run's stamps that the host's wake-ups alone would put beyond their bound. */
  readonly beyondBound: number;
  /** What to print of it. */
  readonly lines: string;
}

/** A host before, while and after something is measured on it. */
export class HostWatch {
  readonly #cores: Cores;
  readonly #periodMs: number;
  readonly #before: readonly number[];
  readonly #from: CoreTime | null = coreTime();

  private constructor(cores: Cores, periodMs: number, before: readonly number[]) {
    this.#cores = cores;
    this.#periodMs = periodMs;
    this.#before = before;
  }

  /** Call it right before the run; takes a few seconds. */
  static async begin(cores: Cores, periodMs: number): Promise<HostWatch> {
    return new HostWatch(cores, periodMs, await hostWakeUps(cores, WAKE_UPS, periodMs));
  }

  /** Call it right after the run, with what its server sent; takes a few seconds. */
  async end(truth: readonly SentResponse[]): Promise<HostAlone> {
    const stolen = stolenShare(this.#from, coreTime());
    const wakeUps = [...this.#before, ...(await hostWakeUps(this.#cores, WAKE_UPS, this.#periodMs))];
    const beyondBound = shareAsleep(wakeUps, truth, this.#periodMs / 2000);
    return { beyondBound, lines: `${wakeUpLine(wakeUps, beyondBound)}${stolenLine(stolen)}` };
  }
}

const stolenLine = (share: number | null): string =>
  share === null
    ? ''
    : `\n        the hypervisor took ${Number((100 * share).toPrecision(2))} % of the time in which its cores had work`;
