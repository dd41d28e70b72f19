import { RidgeError } from '../errors.ts';
import type { Interval } from './energy.ts';
import { findSource, type PowerChoice } from './find-source.ts';
import {
  deviceSettings,
  type PowerFacts,
  type PowerSample,
  type PowerSink,
  type PowerSource,
  type RunningSampler,
} from './sample.ts';
import { powerClock } from './spawned-sampler.ts';
import { withToolPath } from './tool-path.ts';

/** Readings older than so many seconds before the present cell are of no use to it. */
const KEPT_BEFORE_S = 60;

/** What was read over a span of time. */
export interface PowerReadings {
  readonly samples: readonly PowerSample[];
  readonly rowsSkipped: number;
  /** Rows of the source whose time cannot be read. */
  readonly rowsUntimed: number;
  /** Why the source ended; null: it runs. */
  readonly failed: string | null;
}

/**
 * The power source of one target, read from its first start to its end so that every window is bracketed. One that dies is
 * started again with the next cell: a tool that hangs or ends spoils the energy of a cell, never the run.
 */
export class PowerWatch {
  readonly facts: PowerFacts;
  /** Devices that the target uses. */
  readonly expected: readonly string[];
  readonly #source: PowerSource;
  readonly #path: string | undefined;
  #sampler: RunningSampler | null = null;
  #samples: PowerSample[] = [];
  #skipped = 0;
  #failed: string | null = null;

  private constructor(source: PowerSource, expected: readonly string[], path: string | undefined) {
    this.#source = source;
    this.#path = path;
    this.facts = source.facts;
    this.expected = expected;
  }

  /**
   * Opens the source of a target; null where `auto` finds none.
   * @param devices that the target uses, as the source names them; null: all, if these are as many as `count`
   * @param path folder with the source's tool, where it is not on this process's PATH
   * @throws RidgeError (exit 3) when a source that was asked for is not there, or its devices are not the target's
   */
  static async open(
    choice: PowerChoice,
    devices: readonly string[] | null,
    count: number,
    path?: string | undefined,
  ): Promise<PowerWatch | null> {
    const source = await withToolPath(path, () => findSource(choice));
    if (source === null) return null;
    return new PowerWatch(source, expectedDevices(source.facts, devices, count), path);
  }

  /** The facts of the target's own devices, as they are now where the tool says it. */
  async factsNow(): Promise<PowerFacts> {
    const now = (await withToolPath(this.#path, () => this.#source.conditions?.())) ?? this.facts;
    const own = this.expected.map((device) => this.facts.devices.indexOf(device));
    const settings = deviceSettings(now, (values) => own.map((index) => values[index] ?? null));
    return { ...this.facts, version: now.version, devices: this.expected, ...settings };
  }

  /** Starts reading, or reading again; a second call while it runs does nothing. */
  start(): void {
    if (this.#sampler !== null && this.#failed === null) return;
    void this.#sampler?.stop();
    this.#failed = null;
    const sink: PowerSink = {
      samples: (batch) => this.#samples.push(...batch),
      skipped: (rows) => {
        this.#skipped += rows;
      },
      failed: (message) => {
        this.#failed = message;
      },
    };
    this.#sampler = withToolPath(this.#path, () => this.#source.start(sink));
  }

  /** A cell begins: its readings are counted from here on, older ones are let go. */
  begin(): void {
    const oldest = powerClock() - KEPT_BEFORE_S;
    this.#samples = this.#samples.filter(({ at_s }) => at_s >= oldest);
    this.#skipped = 0;
    this.start();
  }

  /** Everything read up to two readings past an instant, so that a window that ends there is bracketed. */
  async until(at_s: number): Promise<PowerReadings> {
    const { interval_s } = this.facts;
    const wait = at_s + 2 * interval_s + 0.2 - powerClock();
    if (wait > 0 && this.#failed === null) await new Promise((resolve) => setTimeout(resolve, 1000 * wait));
    return {
      samples: [...this.#samples],
      rowsSkipped: this.#skipped,
      rowsUntimed: this.#source.rowsUntimed ?? 0,
      failed: this.#failed,
    };
  }

  async stop(): Promise<void> {
    await this.#sampler?.stop();
    this.#sampler = null;
  }
}

function expectedDevices(
  { source, devices: seen, scope }: PowerFacts,
  asked: readonly string[] | null,
  count: number,
): readonly string[] {
  const stranger = asked?.find((device) => !seen.includes(device));
  if (stranger !== undefined) {
    throw new RidgeError(`${source} reads no device '${stranger}'`, {
      exitCode: 3,
      mend: `It reads ${seen.join(', ')}: name the target's in power.devices.`,
    });
  }
  if (asked !== null) return asked;
  // A node, a package or a pair of dies is read as a whole.
  if (scope === 'node' || scope === 'package' || seen.length === count) return seen;
  if (scope === 'gcd_pair') return seen.filter((_, index) => index % 2 === 0);
  throw new RidgeError(`${source} reads ${seen.length} devices, the target uses ${count}`, {
    exitCode: 3,
    mend: `Name the target's in power.devices of the lab file: some of ${seen.join(', ')}.`,
  });
}

/** The part of a window in which a device's readings count. */
export const windowOf = (
  window: { opened_s: number; closed_s: number } | null,
  origin: number,
): Interval | null =>
  window === null ? null : { from_s: origin + window.opened_s, to_s: origin + window.closed_s };
