import { remainingCells } from '../plan/plan.ts';
import type { RoundEnd } from './adaptive-planner.ts';
import { announce } from './announce.ts';
import { Budget } from './budget.ts';
import type { Control } from './control.ts';
import type { RunListener } from './event-bus.ts';
import type { Search } from './find-max-schema.ts';
import { finishedBefore, Measuring } from './measuring.ts';
import type { RunOptions } from './options.ts';
import type { PlannedTarget, PreparedRun } from './prepare.ts';
import { RemainingTime } from './remaining-time.ts';
import { Rounds, type RoundsSetting } from './rounds.ts';
import type { CellRecord } from './schema.ts';
import { Searches } from './searches.ts';
import type { ServedChoice } from './served-context.ts';
import { measureServed } from './served-lane.ts';
import { type Turn, Turns } from './turns.ts';
import type { WaitingTarget } from './waiting-target.ts';

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

  const turns = new Turns(control);
  const turnOf = (one: PlannedTarget, act: (one: PlannedTarget) => Promise<void>): Turn => ({
    name: one.target.name,
    lane: options.parallel ? `target ${one.target.name}` : one.target.host.name,
    act: () => act(one),
  });
  // Servers of one host share its devices, so they take turns whatever the others do.
  const turnOfServer = (one: WaitingTarget, choice?: ServedChoice): Turn => ({
    name: one.named.name,
    lane: one.host,
    act: () => measureServed(one, { ...context, file, finished, measuring, ...(choice && { choice }) }),
  });
  const ended = (): ExecutedRun => ({
    records: measuring.records,
    notMeasured: measuring.notMeasured,
    stoppedBy: turns.stoppedBy,
    roundsEnded: null,
  });

  if (options.findMax !== undefined) {
    const searches = new Searches(store, { ...context, measuring }, options.findMax);
    const running = planned.map((one) =>
      turnOf(one, async () => {
        await searches.of(one);
        await measuring.judgeWhole(one);
      }),
    );
    const choice: ServedChoice = {
      isFinished: (target) => searches.tellFinished(target),
      measure: (one, session) => searches.of(one, session),
    };
    await turns.take(inOrder([...running, ...waiting.map((one) => turnOfServer(one, choice))], options));
    return { ...ended(), searches: searches.found };
  }
  if (rounds === undefined || budget === undefined) {
    const running = planned.map((one) =>
      turnOf(one, async () => {
        await measuring.measure(one, remainingCells(one.cells, finishedBefore(one)));
        await measuring.judgeWhole(one);
      }),
    );
    await turns.take(inOrder([...running, ...waiting.map((one) => turnOfServer(one))], options));
    return ended();
  }
  const inTurns: RoundsSetting['inTurns'] = (targets, act) =>
    turns.take(targets.map((one) => turnOf(one, act)));
  const groups = (planned.length > 0 ? 1 : 0) + waiting.length;
  const all = new Rounds({ ...context, planner: rounds, budget, file, measuring, groups, inTurns });
  if (planned.length > 0) {
    await turns.stopping(async () => {
      await all.onAll(planned);
      await inTurns(planned, (one) => measuring.judgeWhole(one));
    });
  }
  const choice: ServedChoice = {
    isFinished: async () => false,
    measure: (one, session, mayStart) => all.onServer(one, session, mayStart),
  };
  // They share the time that is left, so each has its turn wherever it runs.
  await turns.take(waiting.map((one) => ({ ...turnOfServer(one, choice), lane: 'rounds' })));
  return { ...ended(), roundsEnded: all.ended };
}

/** As the lab file has them. */
function inOrder(turns: readonly Turn[], { targets }: Pick<RunOptions, 'targets'>): Turn[] {
  const order = new Map(targets.map(({ name }, index) => [name, index]));
  return turns.toSorted((a, b) => order.get(a.name)! - order.get(b.name)!);
}
