import { remainingCells } from '../plan/plan.ts';
import type { RunListener } from './event-bus.ts';
import type { EventTarget } from './events.ts';
import { finishedBefore } from './measuring.ts';
import type { RunOptions } from './options.ts';
import type { PreparedRun } from './prepare.ts';
import type { RemainingTime } from './remaining-time.ts';
import type { CellRecord, LiveTarget, RunTarget } from './schema.ts';
import type { WaitingTarget } from './waiting-target.ts';

/** Tells what a run is about to measure, and what it has already. */
export function announce(
  { id, folder, suite, rounds, findMax }: RunOptions,
  { planned, waiting }: PreparedRun,
  remaining: RemainingTime,
  emit: RunListener,
): void {
  const targets = [
    ...planned.map((one) => ({ ...one, name: one.target.name, host: hostOf(one.target) })),
    ...waiting.map((one) => ({ ...one, name: one.named.name })),
  ];
  for (const one of targets) {
    remaining.add(one.name, one.host, remainingCells(one.cells, finishedBefore(one)));
  }
  emit({
    kind: 'run_started',
    run_id: id,
    folder,
    suite: suite.suite.name,
    targets: [...planned.map(({ target }) => eventTarget(target)), ...waiting.map(expectedTarget)],
    cells: targets.flatMap(({ name, cells }) => cells.map(({ cell }) => ({ target: name, cell }))),
    estimated_s: remaining.left.seconds,
    ...(rounds !== undefined && { adaptive: true as const }),
    ...(findMax !== undefined && { searches: true as const }),
  });
  for (const target of new Map(planned.map((one) => [hostOf(one.target), one.target])).values())
    announceClient(target, emit);
  for (const { name, reused } of targets) announceReused(name, reused, emit);
}

export function announceReused(target: string, reused: readonly CellRecord[], emit: RunListener): void {
  for (const record of reused) emit({ kind: 'cell_finished', target, record, reused: true });
}

/** Tells whether the host that drives a target was calibrated. */
export function announceClient({ host }: LiveTarget, emit: RunListener): void {
  emit({ kind: 'client', host: host.name, calibration: host.calibration ?? { state: 'none' } });
}

const hostOf = ({ host }: LiveTarget): string => host.name;

/** A target in a few words. */
export const eventTarget = (target: RunTarget): EventTarget => ({
  name: target.name,
  accelerator: target.accelerator?.name ?? 'unknown accelerator',
  tensor_parallel: target.tensor_parallel,
  model: target.model.id,
  engine: [target.engine.name, target.engine.version].filter(Boolean).join(' '),
});

const expectedTarget = ({ named, recorded }: WaitingTarget): EventTarget =>
  recorded
    ? eventTarget(recorded)
    : {
        name: named.name,
        accelerator: named.accelerator?.name ?? 'unknown accelerator',
        tensor_parallel: named.definition.tensor_parallel ?? 1,
        model: named.definition.model ?? '',
        engine: '',
      };
