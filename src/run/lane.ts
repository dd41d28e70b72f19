import { AgentFailure } from '../agent/failure.ts';
import type { CellTask } from '../agent/protocol.ts';
import { counted } from '../plural.ts';
import { cellTask } from './cell-task.ts';
import type { LaneCell, LaneContext } from './lane-context.ts';
import type { CellRecord, CellShape } from './schema.ts';
import { RUN_SCHEMA_VERSION } from './schema.ts';
import { SeenShapes } from './seen-shapes.ts';

/** Failed cells in a row after which a target is given up: it would fail the rest as well. */
const MOST_FAILURES_IN_A_ROW = 3;
const MOST_ATTEMPTS = 2;

/** Whether a finished cell says nothing because its endpoint failed. */
export const endpointFailed = (record: Pick<CellRecord, 'reasons'>): boolean =>
  record.reasons.some(({ code }) => code === 'request_failed');

/**
 * Measures one target's cells in order. Ends early, by throwing its reason, on a stop of the run.
 * @returns how many cells could not be measured
 */
export async function runLane(context: LaneContext, cells: readonly LaneCell[]): Promise<number> {
  const lane = new Lane(context);
  const { control, emit, target } = context;
  for (const [index, cell] of cells.entries()) {
    await control.passGate();
    if (context.mayStart?.(cell) === false) break;
    await lane.measure(cell);
    if (lane.failuresInARow < MOST_FAILURES_IN_A_ROW) continue;
    const left = cells.length - index - 1;
    const message = `given up; ${counted(left, 'cell')} left out`;
    emit({ kind: 'target_state', target: target.name, state: 'failed', message });
    return lane.notMeasured + left;
  }
  emit({ kind: 'target_state', target: target.name, state: 'done', message: null });
  return lane.notMeasured;
}

class Lane {
  notMeasured = 0;
  failuresInARow = 0;
  readonly #context: LaneContext;
  readonly #seen: SeenShapes;

  constructor(context: LaneContext) {
    this.#context = context;
    this.#seen = context.seen ?? new SeenShapes();
  }

  async measure(planned: LaneCell): Promise<void> {
    const began = performance.now();
    const { emit, target, measured, keep } = this.#context;
    const record = await this.#attempts(planned);
    measured(planned, (performance.now() - began) / 1000);
    if (record === null) {
      this.notMeasured += 1;
      this.failuresInARow += 1;
      return;
    }
    keep(record);
    emit({ kind: 'cell_finished', target: target.name, record, reused: false });
    this.failuresInARow =
      endpointFailed(record) && record.counts.completed === 0 ? this.failuresInARow + 1 : 0;
  }

  async #attempts(planned: LaneCell): Promise<CellRecord | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const record = await this.#attempt(planned, attempt);
        // An endpoint that failed says why now; it may not answer again.
        const stalled =
          !endpointFailed(record) && record.reasons.some(({ code }) => code === 'compile_stall');
        if (stalled && attempt < MOST_ATTEMPTS) {
          this.#warn(`${describe(planned.cell)}: compile_stall, measured again`);
          continue;
        }
        await this.#context.store.appendCell(record);
        return record;
      } catch (error) {
        if (!this.#mayRetry(planned, error, attempt)) return null;
      }
    }
  }

  async #attempt(planned: LaneCell, attempt: number): Promise<CellRecord> {
    const { emit, target, session, store, control } = this.#context;
    const { cell, key } = planned;
    emit({ kind: 'target_state', target: target.name, state: 'measuring', message: null });
    emit({ kind: 'cell_started', target: target.name, cell, attempt });
    const lines: string[] = [];
    const stepsText: string[] = [];
    const powerText: string[] = [];
    const result = await session.runCell(
      this.#task(planned, attempt),
      {
        progress: (progress) => emit({ kind: 'cell_progress', target: target.name, cell, progress }),
        requests: (more) => lines.push(...more),
        steps: (more) => void stepsText.push(more),
        power: (more) => void powerText.push(more),
      },
      control.signal,
    );
    const { snapshots, energy = null, ...rest } = result;
    await store.saveServer(target.name, key, snapshots);
    const requests_file = await store.saveRequests(target.name, key, lines);
    const steps_file =
      stepsText.length > 0 ? await store.saveSteps(target.name, key, stepsText.join('')) : null;
    const power_file =
      powerText.length > 0 ? await store.savePower(target.name, key, powerText.join('')) : null;
    return {
      schema_version: RUN_SCHEMA_VERSION,
      key,
      target: target.name,
      cell,
      ...rest,
      energy: energy && { ...energy, power_file },
      requests_file,
      steps_file,
      attempts: attempt,
    };
  }

  #task(planned: LaneCell, attempt: number): CellTask {
    const { cell } = planned;
    const seen = this.#seen.show(cell, this.#context.target);
    return cellTask(this.#context, planned, attempt, seen, this.#context.idlePower_w ?? null);
  }

  /** An agent's death is tried once more; what else the agent or its endpoint refuses fails the cell. Other errors end the run. */
  #mayRetry(planned: LaneCell, error: unknown, attempt: number): boolean {
    const { control, emit, target } = this.#context;
    if (control.signal.aborted || !(error instanceof AgentFailure)) throw error;
    if (error.restartable && attempt < MOST_ATTEMPTS) {
      this.#warn(`${describe(planned.cell)}: ${error.message}; measured again`);
      return true;
    }
    if (error.final) this.failuresInARow = MOST_FAILURES_IN_A_ROW;
    const message = error.toLines().join(' ').replaceAll(/\s+/g, ' ');
    emit({ kind: 'cell_failed', target: target.name, cell: planned.cell, message });
    return false;
  }

  #warn(message: string): void {
    const { emit, target } = this.#context;
    emit({ kind: 'warning', target: target.name, message });
  }
}

/** A cell in a few words: `1024 in, 256 out, 16 streams`. */
export function describe(cell: CellShape): string {
  const load = cell.kv_fill === null ? '' : ` (KV ${Math.round(cell.kv_fill * 100)} %)`;
  const place = cell.anchor ? `, ${cell.anchor} anchor` : '';
  const restart = cell.restart === undefined ? '' : ` after restart ${cell.restart}`;
  const repeat = cell.repeat > 0 ? `, repeat ${cell.repeat + 1}` : '';
  const driven =
    cell.concurrency === null
      ? `${Number((cell.arrivals?.rate_per_s ?? 0).toPrecision(4))} requests/s`
      : counted(cell.concurrency, 'stream');
  const kind = cell.kind === 'load' ? '' : `${cell.kind} `;
  const prompt = cell.prompt === undefined ? '' : `, ${cell.prompt}`;
  return `${kind}${cell.input_tokens} in, ${cell.output_tokens} out, ${driven}${load}${place}${restart}${repeat}${prompt}`;
}
