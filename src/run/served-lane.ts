import { RidgeError } from '../errors.ts';
import { counted } from '../plural.ts';
import type { LaneCell } from './lane-context.ts';
import type { PlannedTarget } from './prepare.ts';
import { restartSpread } from './restart-spread.ts';
import { ServedCells } from './served-cells.ts';
import type { ServedChoice, ServedContext } from './served-context.ts';
import { type ServedUp, startServed } from './served-start.ts';
import { ServerLog, serverLogFile } from './server-log.ts';
import { isDone, type WaitingTarget } from './waiting-target.ts';

/** A server that ends by itself under load is started once more for the cells that it has not seen. */
const MOST_CRASHES = 1;

/**
 * Measures a target whose server the run starts: start, cells, stop; then for each restart start, anchors, stop. A server
 * that does not come up leaves its cells unmeasured and the other targets alone.
 */
export async function measureServed(waiting: WaitingTarget, context: ServedContext): Promise<void> {
  const lane = new ServedLane(waiting, context);
  if (await lane.isDone()) lane.tell('done', null);
  else await lane.run();
  await lane.keepSpread();
}

class ServedLane {
  readonly #waiting: WaitingTarget;
  readonly #context: ServedContext;
  readonly #log: ServerLog;
  readonly #cells: ServedCells;
  #starts: number;
  /** Whether the cells of the first start were chosen to the end; then the others are left out on purpose. */
  #isChosen = false;
  /** Cells that could not be measured, and were counted as such. */
  #missed = 0;

  constructor(waiting: WaitingTarget, context: ServedContext) {
    this.#waiting = waiting;
    this.#context = context;
    this.#log = new ServerLog(context.store.folder, waiting.named.name, (error) =>
      context.control.fail(error),
    );
    this.#cells = new ServedCells(waiting, context);
    this.#starts = waiting.recorded?.served?.starts ?? 0;
  }

  tell(state: 'done' | 'failed', message: string | null): void {
    this.#context.emit({ kind: 'target_state', target: this.#name, state, message });
  }

  /** Whether an earlier execution left nothing to do. */
  async isDone(): Promise<boolean> {
    const { recorded } = this.#waiting;
    const { choice } = this.#context;
    if (recorded === null) return false;
    if (await choice?.isFinished(recorded)) return true;
    return isDone(this.#waiting) && this.#waiting.cells.length > 0;
  }

  async run(): Promise<void> {
    for (let restart = 0; restart <= this.#waiting.restarts; restart += 1) {
      const chooses = restart === 0 && this.#context.choice !== undefined;
      // Before its first answer nobody knows which cells are left.
      if (!chooses && this.#cells.known !== null && this.#cells.left(restart).length === 0) continue;
      if (!(await this.#measureStart(restart))) break;
    }
    this.#context.measuring.notMeasured += this.#leftOut;
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
    const untried = (): LaneCell[] => this.#cells.left(restart).filter(({ key }) => !tried.has(key));
    for (let crashes = 0; ; crashes += 1) {
      const up = await this.#open();
      if (up === null) return false;
      const ended = await this.#measure(up, restart, untried, tried);
      const rest = this.#isChosen && restart === 0 ? [] : untried();
      if (rest.length === 0) return true;
      // The lane gave up by itself, and has told it.
      if (ended === null) return false;
      if (crashes === MOST_CRASHES) return this.#giveUp(`${ended}; given up`);
      this.#warn(`${ended}; it is started again for ${counted(rest.length, 'cell')}`);
    }
  }

  /** @returns how the server ended by itself, when that kept cells from being tried */
  async #measure(
    up: ServedUp,
    restart: number,
    untried: () => readonly LaneCell[],
    tried: Set<string>,
  ): Promise<string | null> {
    const { measuring, file, choice } = this.#context;
    let ended: string | null = null;
    const mayStart = ({ key }: LaneCell): boolean => {
      ended = up.server.ended;
      if (ended === null) tried.add(key);
      return ended === null;
    };
    try {
      const planned = this.#cells.planned(up.started);
      await file.setTarget(up.target());
      if (restart === 0 && choice) ended = await this.#choose(choice, planned, up);
      else this.#missed += await measuring.measure(planned, untried(), mayStart, up.session);
      if (restart === 0) await measuring.judgeWhole(planned);
      await file.setTarget(up.target());
      this.#warnOfLog(up);
      if (ended === null && up.server.ended !== null) this.#warn(up.server.ended);
      return ended;
    } finally {
      await up.close();
    }
  }

  /** @returns how the server ended by itself before all was chosen; null: it did not */
  async #choose(choice: ServedChoice, planned: PlannedTarget, up: ServedUp): Promise<string | null> {
    const { measuring } = this.#context;
    const missed = measuring.notMeasured;
    await choice.measure(planned, up.session, () => up.server.ended === null);
    if (up.server.ended === null) this.#isChosen = true;
    // What failed with it is chosen again.
    else measuring.notMeasured = missed;
    return up.server.ended;
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
        before: this.#cells.known,
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

  #warnOfLog({ server }: ServedUp): void {
    const { not_warmed_up } = server.facts;
    if (not_warmed_up === 0) return;
    this.#warn(
      `its log says ${not_warmed_up} times that a shape was not warmed up: cells in which one was compiled are slow`,
    );
  }

  #giveUp(message: string): false {
    const cells = this.#leftOut;
    this.tell('failed', cells > 0 ? `${message}; ${counted(cells, 'cell')} left out` : message);
    return false;
  }

  /** Cells without a record that were not even tried. */
  get #leftOut(): number {
    const left = this.#cells.leftInAll - this.#missed;
    if (this.#context.choice === undefined) return left;
    // Of what would have been chosen nobody knows how much it is.
    return this.#isChosen ? left - this.#cells.left(0).length : Math.max(1, left);
  }

  #warn(message: string): void {
    this.#context.emit({ kind: 'warning', target: this.#name, message });
  }

  get #name(): string {
    return this.#waiting.named.name;
  }
}
