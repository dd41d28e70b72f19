import { RidgeError } from '../errors.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import { planSuite, refusedPoint, type TargetPlan } from '../plan/plan.ts';
import { VERSION } from '../version.ts';
import { cellKey } from './cell-key.ts';
import { factsOf, requireModel } from './describe-target.ts';
import type { RunListener } from './event-bus.ts';
import { endpointFailed, type LaneCell } from './lane.ts';
import type { RunOptions } from './options.ts';
import { requireSameRun } from './resume-check.ts';
import { type CellRecord, RUN_SCHEMA_VERSION, type Run, type RunTarget } from './schema.ts';
import type { StartedTarget } from './start-targets.ts';
import { RunStore } from './store.ts';
import { placeError } from './write-file.ts';

export interface PlannedTarget extends StartedTarget {
  /** In the order of measurement, finished ones included. */
  readonly cells: readonly LaneCell[];
  /** Finished in an earlier execution of this run. */
  readonly reused: readonly CellRecord[];
}

export interface PreparedRun {
  readonly store: RunStore;
  readonly planned: readonly PlannedTarget[];
}

/**
 * Plans the suite on targets that have answered, and opens the run's record.
 * @throws RidgeError (exit 2) when a cell is too long, nothing is left to measure, a model is not the suite's or
 *   cannot be split as said, the folder is taken, or a resumed run's environment changed
 */
export async function prepareRun(
  options: RunOptions,
  started: readonly StartedTarget[],
  emit: RunListener,
): Promise<PreparedRun> {
  const { suite } = options;
  const targets = started.map(({ target }) => target);
  for (const target of targets) requireModel(suite.suite.models, target);
  const facts = targets.map(factsOf);
  for (const [index, one] of facts.entries())
    requireEvenHeads(one.card, one.tensorParallel, started[index]!.session.target.where);
  const plans = planSuite(suite.suite, suite.points, facts);
  requireCells(options, plans);
  const { store, finished, warnings } = await openStore(options, targets);
  for (const message of warnings) emit({ kind: 'warning', target: null, message });
  for (const { name, warnings } of targets) {
    for (const message of warnings) emit({ kind: 'warning', target: name, message });
  }
  for (const { target, message } of plans.flatMap(({ skipped }) => skipped)) {
    emit({ kind: 'warning', target, message: `cell skipped: ${message}` });
  }
  const planned = started.map((one, index) => planTarget(one, plans[index]!, options, finished));
  return { store, planned };
}

function requireCells({ suite }: RunOptions, plans: readonly TargetPlan[]): void {
  const refused = refusedPoint(suite.suite, plans);
  if (refused) {
    throw new RidgeError(`a cell ${refused.message}`, {
      where: suite.file,
      mend: 'Shorten it, or set over_length: skip in the suite.',
    });
  }
  if (plans.some(({ cells }) => cells.length > 0)) return;
  throw new RidgeError('no cell of this suite can be measured on these targets', {
    where: suite.file,
    mend: plans.flatMap(({ skipped }) => skipped)[0]?.message ?? 'Add cells to the grid.',
  });
}

function planTarget(
  one: StartedTarget,
  plan: TargetPlan,
  { suite }: RunOptions,
  finished: readonly CellRecord[],
): PlannedTarget {
  const cells = plan.cells.map(({ cell, estimated_s }) => ({
    cell,
    estimated_s,
    key: cellKey(one.target, cell, suite.suite),
  }));
  const byKey = new Map(cells.map((cell) => [cell.key, cell]));
  const reused = finished
    // A cell whose endpoint failed says nothing: it is measured again.
    .filter((record) => record.target === one.target.name && byKey.has(record.key) && !endpointFailed(record))
    // Whether the fit uses a cell is the suite's word of today.
    .map((record) => ({ ...record, cell: byKey.get(record.key)!.cell }));
  return { ...one, cells, reused };
}

async function openStore(
  options: RunOptions,
  targets: readonly RunTarget[],
): Promise<{ store: RunStore; finished: readonly CellRecord[]; warnings: readonly string[] }> {
  const { folder, resume, suite } = options;
  if (!resume) {
    const store = await RunStore.create(folder);
    try {
      await store.writeRun(describeRun(options, targets, new Date().toISOString()));
    } catch (error) {
      await store.close();
      throw placeError(folder, error);
    }
    return { store, finished: [], warnings: [] };
  }
  const { store, record } = await RunStore.resume(folder);
  try {
    requireSameRun(record.run, suite.suite, targets, folder);
    await store.writeRun(describeRun(options, targets, record.run.created_at));
    await store.log({ at: new Date().toISOString(), kind: 'continued', finished: record.records.length });
  } catch (error) {
    await store.close();
    throw error;
  }
  return { store, finished: record.records, warnings: record.warnings };
}

/** What `run.json` says. */
export function describeRun(
  { id, suite, simulate, rounds }: RunOptions,
  targets: readonly RunTarget[],
  created_at: string,
): Run {
  return {
    schema_version: RUN_SCHEMA_VERSION,
    id,
    created_at,
    tool: { name: 'ridgepoint', version: VERSION },
    suite: { file: suite.file, digest: suite.digest, content: suite.suite },
    targets: [...targets],
    simulate,
    ...(rounds && { adaptive: rounds.options }),
    imported: null,
    quantile_method: 'linear',
  };
}
