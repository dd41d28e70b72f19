import { EXIT, RidgeError } from '../errors.ts';
import { secretEnvironmentOf } from '../suite/targets.ts';
import type { RoundEnd } from './adaptive-planner.ts';
import { Control, Interrupted } from './control.ts';
import { EventBus } from './event-bus.ts';
import { type ExecutedRun, executeRun } from './execute.ts';
import type { RunOptions } from './options.ts';
import { countVerdicts, exitCodeOf } from './outcome.ts';
import { type HostedTarget, type PreparedRun, prepareRun } from './prepare.ts';
import { RunLog } from './run-log.ts';
import { closeAll, type StartedTarget, startTargets } from './start-targets.ts';
import { hostNames, isServed } from './started-server.ts';

export type { RunOptions } from './options.ts';

/** One execution of a suite over its targets. Make it, let watchers subscribe, then `start`. */
export class Execution {
  readonly events = new EventBus();
  readonly control = new Control((paused) => this.events.emit({ kind: paused ? 'paused' : 'resumed' }));
  readonly #log = new RunLog(this.events, (error) => this.control.fail(error));
  readonly #options: RunOptions;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /**
   * Runs to the end; finished cells are on disk whatever happens.
   * @returns the exit code of `ridge run`: 0, 1, 3, or 130 after a stop
   * @throws RidgeError when the run cannot begin, or cannot go on (for example without disk space)
   */
  async start(): Promise<number> {
    const { targets, timeouts } = this.#options;
    const served = targets.filter(isServed);
    for (const target of served) secretEnvironmentOf(target);
    const hosts = await hostNames(served, timeouts);
    const running = targets.filter((target) => !isServed(target));
    const started = await startTargets(running, this.events.emit, timeouts);
    try {
      const hosted = served.map((named) => ({ named, host: hosts.get(named.name)! }));
      return await this.#run(started, hosted);
    } finally {
      await closeAll(started.map(({ session }) => session));
    }
  }

  async #run(started: readonly StartedTarget[], hosted: readonly HostedTarget[]): Promise<number> {
    const { emit } = this.events;
    const prepared = await prepareRun(this.#options, started, hosted, emit);
    this.#log.attach(prepared.store);
    try {
      const executed = await executeRun(this.#options, prepared, this.control, emit);
      return this.#finish(prepared, executed);
    } finally {
      await this.#log.flush();
      await prepared.store.close();
    }
  }

  #finish({ planned, waiting }: PreparedRun, executed: ExecutedRun): number {
    const { id, folder, rounds, findMax } = this.#options;
    const { records, notMeasured, stoppedBy } = executed;
    const total = [...planned, ...waiting].reduce((sum, { cells }) => sum + cells.length, 0);
    // A run that chooses its cells does not owe every one of its suite.
    const missing = stoppedBy === null || rounds || findMax ? notMeasured : total - records.length;
    const counts = countVerdicts(records, missing);
    const missed = missedGoal(rounds, executed.roundsEnded) || withoutBracket(executed.searches);
    const exitCode = Math.max(exitCodeOf(counts, records), missed ? EXIT.refused : EXIT.done);
    const { outcome, exit_code } = endOf(stoppedBy, exitCode);
    this.events.emit({ kind: 'run_finished', run_id: id, folder, outcome, counts, exit_code });
    if (stoppedBy !== null && outcome === 'failed') throw stoppedBy;
    return exit_code;
  }
}

/** Whether an adaptive run ended without what it was asked for. */
const missedGoal = (rounds: RunOptions['rounds'], ended: RoundEnd | null): boolean =>
  rounds !== undefined && Object.keys(rounds.options.goals).length > 0 && ended !== null && ended !== 'goal';

/** Whether a search found no load that meets its objectives, or no end of those that do. */
const withoutBracket = (searches: ExecutedRun['searches'] = []): boolean =>
  searches.some(({ ended }) => ended !== null && ended !== 'bracketed');

function endOf(
  stoppedBy: unknown,
  exit_code: number,
): { outcome: 'done' | 'interrupted' | 'failed'; exit_code: number } {
  if (stoppedBy === null) {
    return { outcome: exit_code === EXIT.failed ? 'failed' : 'done', exit_code };
  }
  if (stoppedBy instanceof Interrupted) {
    return { outcome: 'interrupted', exit_code: EXIT.interrupted };
  }
  const code = stoppedBy instanceof RidgeError ? stoppedBy.exitCode : EXIT.failed;
  return { outcome: 'failed', exit_code: code };
}
