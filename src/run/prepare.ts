import { RidgeError } from '../errors.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import { planSuite, refusedPoint, restartsOf, type TargetPlan } from '../plan/plan.ts';
import { requireCells } from '../plan/require-cells.ts';
import { factsOf, requireModel } from './describe-target.ts';
import type { RunListener } from './event-bus.ts';
import { expectedFacts, servedFacts } from './expected-target.ts';
import { judgedAgain } from './judged-again.ts';
import type { LaneCell } from './lane-context.ts';
import type { RunOptions } from './options.ts';
import { readRun } from './read-run.ts';
import { requireSameRun } from './resume-check.ts';
import { type RunFacts, RunFile } from './run-file.ts';
import type { CellRecord, Run, RunTarget } from './schema.ts';
import type { StartedTarget } from './start-targets.ts';
import type { ServedTarget } from './started-server.ts';
import { RunStore } from './store.ts';
import { thresholdsText } from './thresholds-text.ts';
import { keyedCells, reusable, stillTrue, type WaitingTarget } from './waiting-target.ts';
import { placeError } from './write-file.ts';

export interface PlannedTarget extends StartedTarget {
  /** In the order of measurement, finished ones included. */
  readonly cells: readonly LaneCell[];
  /** Finished in an earlier execution of this run. */
  readonly reused: readonly CellRecord[];
}

export interface PreparedRun {
  readonly store: RunStore;
  readonly file: RunFile;
  readonly planned: readonly PlannedTarget[];
  /** Targets whose servers the run starts. */
  readonly waiting: readonly WaitingTarget[];
  /** Of earlier executions. */
  readonly finished: readonly CellRecord[];
}

/** A target whose server the run starts, and the host that it will run on. */
export interface HostedTarget {
  readonly named: ServedTarget;
  readonly host: string;
}

/**
 * Plans the suite on targets that have answered and on those that will, and opens the run's record.
 * @throws RidgeError (exit 2) when a cell is too long, nothing is left to measure, a model is not the suite's or
 *   cannot be split as said, the folder is taken, or a resumed run's environment changed
 */
export async function prepareRun(
  options: RunOptions,
  started: readonly StartedTarget[],
  hosted: readonly HostedTarget[],
  emit: RunListener,
): Promise<PreparedRun> {
  const { suite } = options.suite;
  const before = options.resume ? (await readRun(options.folder)).run : null;
  const targets = started.map(({ target }) => target);
  for (const target of targets) requireModel(suite.models, target);
  const recorded = hosted.map(({ named }) => before?.targets.find(({ name }) => name === named.name) ?? null);
  const facts = [
    ...targets.map(factsOf),
    ...(await Promise.all(
      hosted.map(async ({ named }, index) => ({
        ...(recorded[index] ? factsOf(recorded[index]) : await expectedFacts(named)),
        ...servedFacts(named),
      })),
    )),
  ];
  const places = [...started.map(({ session }) => session.target), ...hosted.map(({ named }) => named)];
  for (const [index, one] of facts.entries())
    requireEvenHeads(one.card, one.tensorParallel, places[index]!.where);
  const plans = planSuite(suite, options.suite.points, facts);
  // What a server says when it is started may open cells that cannot be planned yet.
  const isOpen = recorded.includes(null);
  requireShortCells(options, plans);
  if (!isOpen) requireCells(options.suite, facts, plans);
  const served = hosted.map(({ named }) => named);
  const { store, file, finished, warnings } = await openStore(options, targets, served, before);
  const thresholds = thresholdsText(suite.thresholds);
  const judged = thresholds === null ? [] : [`the suite sets thresholds: ${thresholds}`];
  for (const message of [...judged, ...warnings]) emit({ kind: 'warning', target: null, message });
  for (const { name, warnings } of targets) {
    for (const message of warnings) emit({ kind: 'warning', target: name, message });
  }
  const known = [...targets, ...recorded].map((target) => target !== null);
  for (const { target, message } of plans.flatMap(({ skipped }, index) => (known[index] ? skipped : []))) {
    emit({ kind: 'warning', target, message: `cell skipped: ${message}` });
  }
  const planned = started.map((one, index) => planTarget(options, one, plans[index]!, finished));
  const waiting = hosted.map(({ named, host }, index): WaitingTarget => {
    const before = recorded[index]!;
    const own = { named, host, recorded: before };
    if (options.findMax !== undefined)
      return { ...own, restarts: 0, cells: [], reused: before ? stillTrue(before, suite, finished) : [] };
    const cells = keyedCells(before, plans[started.length + index]!, suite);
    const restarts = restartsOf(servedFacts(named), suite);
    return { ...own, restarts, cells, reused: before ? reusable(named.name, cells, finished) : [] };
  });
  return { store, file, planned, waiting, finished };
}

function requireShortCells({ suite }: RunOptions, plans: readonly TargetPlan[]): void {
  const refused = refusedPoint(suite.suite, plans);
  if (refused === null) return;
  throw new RidgeError(`a cell ${refused.message}`, {
    where: suite.file,
    mend: 'Shorten it, or set over_length: skip in the suite.',
  });
}

/** Adds what was finished before to the plan of a target; a search chooses its cells as it goes. */
export function planTarget(
  { suite: { suite }, findMax }: RunOptions,
  one: StartedTarget,
  plan: TargetPlan,
  finished: readonly CellRecord[],
): PlannedTarget {
  if (findMax !== undefined) return { ...one, cells: [], reused: stillTrue(one.target, suite, finished) };
  const cells = keyedCells(one.target, plan, suite);
  return { ...one, cells, reused: reusable(one.target.name, cells, finished) };
}

interface Opened {
  readonly store: RunStore;
  readonly file: RunFile;
  readonly finished: readonly CellRecord[];
  readonly warnings: readonly string[];
}

async function openStore(
  options: RunOptions,
  targets: readonly RunTarget[],
  served: readonly ServedTarget[],
  before: Run | null,
): Promise<Opened> {
  const { folder, suite } = options;
  const createdAt = before?.created_at ?? new Date().toISOString();
  const fileOf = (store: RunStore): RunFile =>
    new RunFile(options, factsOfRun(targets, served, before), createdAt, (run) => store.writeRun(run));
  if (before === null) {
    const store = await RunStore.create(folder);
    const file = fileOf(store);
    try {
      await file.write();
    } catch (error) {
      await store.close();
      throw placeError(folder, error);
    }
    return { store, file, finished: [], warnings: [] };
  }
  const { store, record } = await RunStore.resume(folder);
  const file = fileOf(store);
  try {
    requireSameRun(record.run, suite.suite, targets, folder);
    await file.write();
    await store.log({ at: new Date().toISOString(), kind: 'continued', finished: record.records.length });
    const { records, warnings } = await judgedAgain(store, record, suite.suite.thresholds);
    return { store, file, finished: records, warnings: [...record.warnings, ...warnings] };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Targets that have answered now, and servers as an earlier execution of the run found them. */
function factsOfRun(
  targets: readonly RunTarget[],
  served: readonly ServedTarget[],
  before: Run | null,
): RunFacts {
  const recorded = served.flatMap(({ name }) => before?.targets.find((one) => one.name === name) ?? []);
  const notStarted = served.filter(({ name }) => recorded.every((one) => one.name !== name));
  return {
    targets: [...targets, ...recorded],
    notStarted: notStarted.map(({ name, definition, accelerator }) => ({ name, definition, accelerator })),
    restartSpread: before?.restart_spread ?? [],
  };
}
