import { planSuite, remainingCells } from '../plan/plan.ts';
import { announceClient, announceReused, eventTarget } from './announce.ts';
import { factsOf } from './describe-target.ts';
import { servedFacts } from './expected-target.ts';
import type { LaneCell } from './lane-context.ts';
import { finishedBefore } from './measuring.ts';
import { type PlannedTarget, planTarget } from './prepare.ts';
import type { CellRecord, RunTarget } from './schema.ts';
import type { ServedContext } from './served-context.ts';
import type { StartedTarget } from './start-targets.ts';
import type { WaitingTarget } from './waiting-target.ts';

/** Cells of a target whose server the run starts: expected ones until it has answered, then those that it has. */
export class ServedCells {
  readonly #waiting: WaitingTarget;
  readonly #context: ServedContext;
  /** What it was found to be; null before its first answer. */
  #known: RunTarget | null;
  #cells: readonly LaneCell[];
  #reused: readonly CellRecord[];

  constructor(waiting: WaitingTarget, context: ServedContext) {
    this.#waiting = waiting;
    this.#context = context;
    this.#known = waiting.recorded;
    this.#cells = waiting.cells;
    this.#reused = waiting.reused;
  }

  get known(): RunTarget | null {
    return this.#known;
  }

  /** Cells of a restart (0: all others) that have no record. */
  left(restart: number): LaneCell[] {
    const { name } = this.#waiting.named;
    const own = this.#context.measuring.records.filter(({ target }) => target === name);
    const cells = this.#cells.filter(({ cell }) => (cell.restart ?? 0) === restart);
    return remainingCells(cells, new Set(own.map(({ key }) => key)));
  }

  /** All cells that have no record. */
  get leftInAll(): number {
    const { restarts } = this.#waiting;
    return Array.from({ length: restarts + 1 }, (_, restart) => this.left(restart).length).reduce(
      (sum, count) => sum + count,
      0,
    );
  }

  /** The target with its cells; its first answer makes the expected ones those that it has. */
  planned(started: StartedTarget): PlannedTarget {
    if (this.#known === null) this.#plan(started);
    return { ...started, cells: this.#cells, reused: this.#reused };
  }

  #plan(started: StartedTarget): void {
    const { options, finished, emit, remaining, measuring } = this.#context;
    const { suite, points } = options.suite;
    const { target } = started;
    const { name } = target;
    const warn = (message: string): void => emit({ kind: 'warning', target: name, message });
    const index = options.targets.findIndex((one) => one.name === name);
    // At the same place of the run, so that the order is the one that was told.
    const own = { ...factsOf(target), ...servedFacts(this.#waiting.named) };
    const facts = options.targets.map(() => own);
    const plan = planSuite(suite, points, facts)[index]!;
    for (const { message } of plan.skipped) warn(`cell skipped: ${message}`);
    const tooLong = plan.skipped.filter(({ reason }) => reason === 'over_length');
    // The suite asked for them, and only the server knew that it cannot.
    if (suite.over_length === 'error') measuring.notMeasured += tooLong.length;
    for (const message of target.warnings) warn(message);
    const { cells, reused } = planTarget(options, started, plan, finished);
    [this.#known, this.#cells, this.#reused] = [target, cells, reused];
    remaining.add(name, this.#waiting.host, remainingCells(cells, finishedBefore({ reused })));
    emit({ kind: 'target_planned', target: eventTarget(target), cells: cells.map(({ cell }) => cell) });
    announceClient(target, emit);
    measuring.records.push(...reused);
    announceReused(name, reused, emit);
  }
}
