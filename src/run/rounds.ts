import { runRounds } from './adaptive.ts';
import type { RoundEnd, RoundPlanner } from './adaptive-planner.ts';
import type { Budget } from './budget.ts';
import type { Control } from './control.ts';
import type { RunListener } from './event-bus.ts';
import type { LaneCell, LaneContext } from './lane-context.ts';
import type { Measuring } from './measuring.ts';
import type { PlannedTarget } from './prepare.ts';
import type { RemainingTime } from './remaining-time.ts';
import type { RunFile } from './run-file.ts';

export interface RoundsSetting {
  readonly planner: RoundPlanner;
  readonly budget: Budget;
  readonly file: RunFile;
  readonly measuring: Measuring;
  readonly remaining: RemainingTime;
  readonly control: Control;
  readonly emit: RunListener;
  /** Groups of targets that are measured one after another: those that run already, and each server that the run starts. */
  readonly groups: number;
  /** Lets targets take their turns. */
  inTurns(targets: readonly PlannedTarget[], act: (one: PlannedTarget) => Promise<void>): Promise<void>;
}

/** The rounds of an adaptive run, group by group; each gets an equal part of the time that is left. */
export class Rounds {
  readonly #setting: RoundsSetting;
  readonly #ends: RoundEnd[] = [];
  #groupsLeft: number;
  #rounds = 0;

  constructor(setting: RoundsSetting) {
    this.#setting = setting;
    this.#groupsLeft = setting.groups;
  }

  /** Why no further cell is measured: the goal only where every group has met it; null before the end of all. */
  get ended(): RoundEnd | null {
    if (this.#ends.length < this.#setting.groups) return null;
    return this.#ends.find((end) => end !== 'goal') ?? 'goal';
  }

  /** Rounds on targets that run already. */
  onAll(planned: readonly PlannedTarget[]): Promise<void> {
    return this.#on(planned, null, {});
  }

  /** Rounds on a server that the run has started, without what only its restarts measure. */
  onServer(one: PlannedTarget, session: LaneContext['session'], mayStart: () => boolean): Promise<void> {
    const cells = one.cells.filter(({ cell }) => cell.restart === undefined);
    return this.#on([{ ...one, cells }], one.target.name, { session, mayStart });
  }

  async #on(
    planned: readonly PlannedTarget[],
    target: string | null,
    { session, mayStart = () => true }: { session?: LaneContext['session']; mayStart?: () => boolean },
  ): Promise<void> {
    const { planner, budget, file, measuring, remaining, control, emit, inTurns } = this.#setting;
    const end = await runRounds({
      planner,
      budget: budget.partFor(Math.max(1, this.#groupsLeft)),
      run: file.run,
      planned,
      records: measuring.records,
      control,
      emit: (event) =>
        emit(
          event.kind === 'round'
            ? { ...event, round: ++this.#rounds, ...(target !== null && { target }) }
            : event,
        ),
      measure: async (cellsOf, within, limit) => {
        const chosen = new Map(planned.map((one) => [one, cellsOf(one)]));
        remaining.startRound(lanesOf(chosen), limit === 'at_any_time');
        emit({ kind: 'remaining', ...remaining.left });
        const failed = new Set<string>();
        await inTurns(planned, async (one) => {
          const cells = chosen.get(one) ?? [];
          if (cells.length === 0) return;
          const may = (cell: LaneCell): boolean => mayStart() && within(one, cell);
          const missed = await measuring.measure(one, cells, may, session);
          if (missed > 0 && missed === cells.length) failed.add(one.target.name);
        });
        control.signal.throwIfAborted();
        return failed;
      },
    });
    if (!mayStart()) return;
    this.#groupsLeft -= 1;
    this.#ends.push(end);
  }
}

const lanesOf = (chosen: ReadonlyMap<PlannedTarget, readonly LaneCell[]>) =>
  [...chosen].map(([{ target }, cells]) => ({ target: target.name, host: target.host.name, cells }));
