import type { Reason } from '../measure/reasons.ts';
import { tracesOf } from '../suite/expand.ts';
import { samplingOf } from '../suite/sampling.ts';
import type { Control } from './control.ts';
import { applyDrift } from './drift.ts';
import type { RunListener } from './event-bus.ts';
import { measureIdlePower } from './idle-power.ts';
import { runLane } from './lane.ts';
import type { LaneCell, LaneContext } from './lane-context.ts';
import type { RunOptions } from './options.ts';
import type { PlannedTarget } from './prepare.ts';
import type { RemainingTime } from './remaining-time.ts';
import { applyRouting } from './routing.ts';
import type { CellRecord } from './schema.ts';
import { SeenShapes } from './seen-shapes.ts';
import type { RunStore } from './store.ts';
import { withReason } from './with-reason.ts';

export interface MeasuringContext {
  readonly options: RunOptions;
  readonly store: RunStore;
  readonly control: Control;
  readonly emit: RunListener;
  readonly remaining: RemainingTime;
}

/** Measures cells of a run's targets and keeps what came of them. */
export class Measuring {
  /** Of this execution and of earlier ones. */
  readonly records: CellRecord[];
  /** Cells without a record. */
  notMeasured = 0;
  readonly #context: MeasuringContext;
  /** By session: each is one start of a server. */
  readonly #seen = new WeakMap<LaneContext['session'], SeenShapes>();
  /** By target, W; measured once, before its first cell. */
  readonly #idlePower = new Map<string, number | null>();

  constructor(context: MeasuringContext, records: readonly CellRecord[]) {
    this.#context = context;
    this.records = [...records];
  }

  /** Measures cells of one target. @returns how many of them could not be */
  async measure(
    one: PlannedTarget,
    cells: readonly LaneCell[],
    mayStart: (cell: LaneCell) => boolean = () => true,
    session: LaneContext['session'] = one.session,
  ): Promise<number> {
    const { options, store, control, emit, remaining } = this.#context;
    if (cells.length > 0) await this.#measureIdleBefore(one);
    const context = {
      idlePower_w: this.#idlePower.get(one.target.name) ?? null,
      mayStart,
      ...one,
      session,
      seen: this.#seenBy(session),
      suite: options.suite.suite,
      traces: tracesOf(options.suite.points),
      store,
      control,
      emit,
      measured: (cell: { estimated_s: number }, seconds: number): void => {
        remaining.finished(one.target.name, cell.estimated_s, seconds);
        emit({ kind: 'remaining', ...remaining.left });
      },
      keep: (record: CellRecord): void => void this.records.push(record),
    };
    const missed = await runLane(context, cells);
    this.notMeasured += missed;
    return missed;
  }

  #seenBy(session: LaneContext['session']): SeenShapes {
    const seen = this.#seen.get(session) ?? new SeenShapes();
    this.#seen.set(session, seen);
    return seen;
  }

  async #measureIdleBefore(one: PlannedTarget): Promise<void> {
    const { name } = one.target;
    if (this.#idlePower.has(name)) return;
    const { store, control, emit } = this.#context;
    const { signal } = control;
    this.#idlePower.set(name, await measureIdlePower(one, 'before', { store, signal, emit }));
  }

  /** What only the end of a target shows: a changed server, a drift between anchors. */
  async judgeWhole(one: PlannedTarget): Promise<void> {
    const target = one.target.name;
    const earlier = finishedBefore(one);
    const own = (): CellRecord[] => this.records.filter((record) => record.target === target);
    const { store, control, emit } = this.#context;
    if (this.#idlePower.has(target))
      await measureIdlePower(one, 'after', { store, signal: control.signal, emit });
    const changed = await one.changed();
    const measuredNow = own().filter(({ key }) => !earlier.has(key));
    const invalid = changed ? measuredNow.map((record) => withReason(record, changed.code, changed)) : [];
    await this.#replace(target, invalid, changed);
    const flagged = applyDrift(own());
    await this.#replace(target, flagged, flagged[0]?.reasons.find(({ code }) => code === 'drift') ?? null);
    const { prompt } = samplingOf(this.#context.options.suite.suite.protocol, one.target.model_card);
    await this.#replace(target, applyRouting(own(), prompt), null);
  }

  async #replace(target: string, changed: readonly CellRecord[], why: Reason | null): Promise<void> {
    const { emit, store } = this.#context;
    if (why && changed.length > 0) {
      const message = `${why.code}: ${why.message}; every cell of this target is ${why.effect}`;
      emit({ kind: 'warning', target, message });
    }
    for (const record of changed) {
      await store.appendCell(record);
      const index = this.records.findIndex(({ key, target: name }) => key === record.key && name === target);
      this.records[index] = record;
      emit({ kind: 'cell_finished', target, record, reused: true });
    }
  }
}

/** Keys of the cells that an earlier execution finished. */
export const finishedBefore = (one: Pick<PlannedTarget, 'reused'>): Set<string> =>
  new Set(one.reused.map(({ key }) => key));
