import { RidgeError } from '../errors.ts';
import { planSuite, remainingCells } from '../plan/plan.ts';
import { counted } from '../plural.ts';
import { announceReused, eventTarget } from './announce.ts';
import type { Control } from './control.ts';
import { factsOf } from './describe-target.ts';
import type { RunListener } from './event-bus.ts';
import type { LaneCell } from './lane.ts';
import { finishedBefore, type Measuring } from './measuring.ts';
import type { RunOptions } from './options.ts';
import { type PlannedTarget, planTarget } from './prepare.ts';
import type { RemainingTime } from './remaining-time.ts';
import { restartSpread } from './restart-spread.ts';
import type { RunFile } from './run-file.ts';
import type { CellRecord, RunTarget } from './schema.ts';
import { type ServedUp, startServed } from './served-start.ts';
import { ServerLog, serverLogFile } from './server-log.ts';
import type { RunStore } from './store.ts';
import { isDone, type WaitingTarget } from './waiting-target.ts';

export interface ServedContext {
  readonly options: RunOptions;
  readonly store: RunStore;
  readonly file: RunFile;
  readonly finished: readonly CellRecord[];
  readonly control: Control;
  readonly emit: RunListener;
  readonly measuring: Measuring;
  readonly remaining: RemainingTime;
}

/** A server that ends by itself under load is started once more for the cells that it has not seen. */
const MOST_CRASHES = 1;

/**
 * Measures a target whose server the run starts: start, cells, stop; then for each restart start, anchors, stop. A server
 * that does not come up leaves its cells unmeasured and the other targets alone.
 */
export async function measureServed(waiting: WaitingTarget, context: ServedContext): Promise<void> {
  const lane = new ServedLane(waiting, context);
  if (isDone(waiting)) lane.tell('done', null);
  else await lane.run();
  await lane.keepSpread();
}

class ServedLane {
  readonly #waiting: WaitingTarget;
  readonly #context: ServedContext;
  readonly #log: ServerLog;
  /** What it was found to be; null before its first answer. */
  #known: RunTarget | null;
  #cells: readonly LaneCell[];
  #reused: readonly CellRecord[];
  #starts: number;
  /** Cells that could not be measured, and were counted as such. */
  #missed = 0;

  constructor(waiting: WaitingTarget, context: ServedContext) {
    this.#waiting = waiting;
    this.#context = context;
    this.#log = new ServerLog(context.store.folder, waiting.named.name, (error) =>
      context.control.fail(error),
    );
    this.#known = waiting.recorded;
    this.#cells = waiting.cells;
    this.#reused = waiting.reused;
    this.#starts = waiting.recorded?.served?.starts ?? 0;
  }

  tell(state: 'done' | 'failed', message: string | null): void {
    this.#context.emit({ kind: 'target_state', target: this.#name, state, message });
  }

  async run(): Promise<void> {
    for (let restart = 0; restart <= this.#waiting.restarts; restart += 1) {
      // Before its first answer nobody knows which cells are left.
      if (this.#known !== null && this.#left(restart).length === 0) continue;
      if (!(await this.#measureStart(restart))) break;
    }
    this.#context.measuring.notMeasured += this.#leftOut();
    this.#context.remaining.drop(this.#name);
    await this.#log.flush();
  }

  async keepSpread(): Promise<void> {
    const { measuring, file, emit } = this.#context;
    const spread = restartSpread(this.#name, measuring.records);
    if (spread === null) return;
    await file.setRestartSpread(spread);
    emit({ kind: 'restart_spread', target: this.#name, spread });
  }

  /** One start of the server and its cells. @returns false when this target is given up */
  async #measureStart(restart: number): Promise<boolean> {
    const tried = new Set<string>();
    const untried = (): LaneCell[] => this.#left(restart).filter(({ key }) => !tried.has(key));
    for (let crashes = 0; ; crashes += 1) {
      const up = await this.#open();
      if (up === null) return false;
      let ended = false;
      const mayStart = ({ key }: LaneCell): boolean => {
        ended = up.server.ended !== null;
        if (!ended) tried.add(key);
        return !ended;
      };
      try {
        if (this.#known === null) this.#plan(up);
        await this.#context.file.setTarget(up.target());
        const planned = this.#planned(up);
        this.#missed += await this.#context.measuring.measure(planned, untried(), mayStart);
        if (restart === 0) await this.#context.measuring.judgeWhole(planned);
        await this.#context.file.setTarget(up.target());
        this.#warnOfLog(up);
      } finally {
        await up.close();
      }
      const rest = untried();
      if (rest.length === 0) return true;
      // The lane gave up by itself, and has told it.
      if (!ended) return false;
      if (crashes === MOST_CRASHES) return this.#giveUp(`${up.server.ended}; given up`);
      this.#warn(`${up.server.ended}; it is started again for ${counted(rest.length, 'cell')}`);
    }
  }

  /** Starts the server; null when it did not come up, which is told. */
  async #open(): Promise<ServedUp | null> {
    const { options, emit, control } = this.#context;
    await control.passGate();
    this.#starts += 1;
    try {
      return await startServed({
        named: this.#waiting.named,
        count: this.#starts,
        before: this.#known,
        models: options.suite.suite.models,
        log: this.#log,
        emit,
        signal: control.signal,
        timeouts: options.timeouts,
      });
    } catch (error) {
      control.signal.throwIfAborted();
      if (!(error instanceof RidgeError)) throw error;
      await this.#log.flush();
      const told = error.toLines().map((line) => line.trim());
      this.#giveUp(`${told.join('. ')} (log: ${serverLogFile(this.#name)})`);
      return null;
    }
  }

  /** Its first answer: the cells as they really are. */
  #plan(up: ServedUp): void {
    const { options, finished, emit, remaining } = this.#context;
    const { suite, points } = options.suite;
    const { target } = up.started;
    const index = options.targets.findIndex(({ name }) => name === this.#name);
    // Of the same place in the run, so that the order is the one that was told.
    const facts = options.targets.map(() => factsOf(target));
    const plan = planSuite(suite, points, facts)[index]!;
    for (const { message } of plan.skipped) this.#warn(`cell skipped: ${message}`);
    const tooLong = plan.skipped.filter(({ reason }) => reason === 'over_length');
    if (suite.over_length === 'error') this.#context.measuring.notMeasured += tooLong.length;
    for (const message of target.warnings) this.#warn(message);
    const { cells, reused } = planTarget(up.started, plan, suite, finished, this.#waiting.restarts);
    [this.#known, this.#cells, this.#reused] = [target, cells, reused];
    remaining.add(this.#name, this.#waiting.host, remainingCells(cells, finishedBefore({ reused })));
    emit({ kind: 'target_planned', target: eventTarget(target), cells: cells.map(({ cell }) => cell) });
    this.#context.measuring.records.push(...reused);
    announceReused(this.#name, reused, emit);
  }

  #planned(up: ServedUp): PlannedTarget {
    return { ...up.started, cells: this.#cells, reused: this.#reused };
  }

  /** Cells of a restart (0: all others) that have no record. */
  #left(restart: number): LaneCell[] {
    const own = this.#context.measuring.records.filter(({ target }) => target === this.#name);
    const cells = this.#cells.filter(({ cell }) => (cell.restart ?? 0) === restart);
    return remainingCells(cells, new Set(own.map(({ key }) => key)));
  }

  #warnOfLog({ server }: ServedUp): void {
    const { not_warmed_up } = server.facts;
    if (not_warmed_up === 0) return;
    this.#warn(
      `its log says ${not_warmed_up} times that a shape was not warmed up: cells in which one was compiled are slow`,
    );
  }

  #giveUp(message: string): false {
    const cells = this.#leftOut();
    this.tell('failed', cells > 0 ? `${message}; ${counted(cells, 'cell')} left out` : message);
    return false;
  }

  /** Cells without a record that were not even tried. */
  #leftOut(): number {
    let left = -this.#missed;
    for (let restart = 0; restart <= this.#waiting.restarts; restart += 1) left += this.#left(restart).length;
    return left;
  }

  #warn(message: string): void {
    this.#context.emit({ kind: 'warning', target: this.#name, message });
  }

  get #name(): string {
    return this.#waiting.named.name;
  }
}
