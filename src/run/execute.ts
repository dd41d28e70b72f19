import { remainingCells } from '../plan/plan.ts';
import { Budget, type RoundsContext, runRounds } from './adaptive.ts';
import type { RoundEnd } from './adaptive-planner.ts';
import { announce } from './announce.ts';
import type { Control } from './control.ts';
import type { RunListener } from './event-bus.ts';
import type { Search } from './find-max-schema.ts';
import { finishedBefore, Measuring } from './measuring.ts';
import type { RunOptions } from './options.ts';
import type { PlannedTarget, PreparedRun } from './prepare.ts';
import { RemainingTime } from './remaining-time.ts';
import type { CellRecord } from './schema.ts';
import { Searches } from './searches.ts';
import { measureServed } from './served-lane.ts';

/** What came of all lanes. `stoppedBy` is the reason of an early end, null when every lane went to its end. */
export interface ExecutedRun {
  readonly records: readonly CellRecord[];
  readonly notMeasured: number;
  readonly stoppedBy: unknown;
  /** Why an adaptive run measures no further cell; null: it was stopped, or is none. */
  readonly roundsEnded: RoundEnd | null;
  /** Of a run that searches the highest load. */
  readonly searches?: readonly Search[];
}

/** A target's turn: it is measured from its first cell to its last. */
interface Turn {
  readonly name: string;
  /** Turns of one lane come one after another. */
  readonly lane: string;
  act(): Promise<void>;
}

/** Measures what is left of a prepared run: targets whose agents share a host one after another, hosts side by side. */
export async function executeRun(
  options: RunOptions,
  prepared: PreparedRun,
  control: Control,
  emit: RunListener,
): Promise<ExecutedRun> {
  const { store, file, planned, waiting, finished } = prepared;
  const before = [...planned, ...waiting].flatMap(({ reused }) => reused);
  const { rounds } = options;
  const budget = rounds && new Budget(rounds.options.budget_minutes, before);
  const remaining = new RemainingTime(options.parallel, budget);
  const context = { options, store, control, emit, remaining };
  const measuring = new Measuring(context, before);
  announce(options, prepared, remaining, emit);

  let stoppedBy: unknown = null;
  const stopping = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      stoppedBy ??= error;
      control.fail(error);
    }
  };
  const inLanes = async (turns: readonly Turn[]): Promise<void> => {
    const lanes = [...Map.groupBy(turns, ({ lane }) => lane).values()].map((group) =>
      stopping(async () => {
        for (const { act } of group) await act();
      }),
    );
    await Promise.all(lanes);
  };
  const turnsOf = (act: (one: PlannedTarget) => Promise<void>): Turn[] =>
    planned.map((one) => ({
      name: one.target.name,
      lane: options.parallel ? `target ${one.target.name}` : one.target.host.name,
      act: () => act(one),
    }));
  const ended = (roundsEnded: RoundEnd | null): ExecutedRun => ({
    records: measuring.records,
    notMeasured: measuring.notMeasured,
    stoppedBy,
    roundsEnded,
  });

  if (options.findMax !== undefined) {
    const searches = new Searches(store, { ...context, measuring }, options.findMax);
    await inLanes(
      turnsOf(async (one) => {
        await searches.of(one);
        await measuring.judgeWhole(one);
      }),
    );
    return { ...ended(null), searches: searches.found };
  }
  if (rounds === undefined || budget === undefined) {
    const running = turnsOf(async (one) => {
      await measuring.measure(one, remainingCells(one.cells, finishedBefore(one)));
      await measuring.judgeWhole(one);
    });
    // Servers of one host share its devices, so they take turns whatever the others do.
    const served = waiting.map((one) => ({
      name: one.named.name,
      lane: one.host,
      act: () => measureServed(one, { ...context, file, finished, measuring }),
    }));
    await inLanes(inOrder([...running, ...served], options));
    return ended(null);
  }
  const measureRound: RoundsContext['measure'] = async (cellsOf, mayStart, limit) => {
    const failed = new Set<string>();
    const chosen = new Map(planned.map((one) => [one, cellsOf(one)]));
    const lanes = [...chosen].map(([{ target }, cells]) => ({
      target: target.name,
      host: target.host.name,
      cells,
    }));
    remaining.startRound(lanes, limit === 'at_any_time');
    emit({ kind: 'remaining', ...remaining.left });
    await inLanes(
      turnsOf(async (one) => {
        const cells = chosen.get(one) ?? [];
        if (cells.length === 0) return;
        const missed = await measuring.measure(one, cells, (cell) => mayStart(one, cell));
        if (missed > 0 && missed === cells.length) failed.add(one.target.name);
      }),
    );
    control.signal.throwIfAborted();
    return failed;
  };
  let roundsEnded: RoundEnd | null = null;
  await stopping(async () => {
    const { run } = file;
    const { records } = measuring;
    roundsEnded = await runRounds({
      planner: rounds,
      budget,
      run,
      planned,
      records,
      control,
      emit,
      measure: measureRound,
    });
    await inLanes(turnsOf((one) => measuring.judgeWhole(one)));
  });
  return ended(roundsEnded);
}

/** As the lab file has them. */
function inOrder(turns: readonly Turn[], { targets }: RunOptions): Turn[] {
  const order = new Map(targets.map(({ name }, index) => [name, index]));
  return turns.toSorted((a, b) => order.get(a.name)! - order.get(b.name)!);
}
