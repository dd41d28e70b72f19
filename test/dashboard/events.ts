import { closedLoopCell } from '../../src/plan/closed-loop-cell.ts';
import type { CellProgress, RunEvent } from '../../src/run/events.ts';
import type { CellRecord, CellShape } from '../../src/run/schema.ts';

export const shape = (
  input_tokens: number,
  output_tokens: number,
  concurrency: number,
  rest: Partial<CellShape> = {},
): CellShape => ({ ...closedLoopCell({ input_tokens, output_tokens, concurrency }), ...rest });

export const record = (
  target: string,
  cell: CellShape,
  verdict: CellRecord['verdict'] = 'valid',
): CellRecord => ({
  schema_version: 1,
  key: `${target} ${JSON.stringify(cell)}`,
  target,
  cell,
  started_at: '2026-01-01T00:00:00.000Z',
  elapsed_s: 5,
  window: null,
  metrics: null,
  server: null,
  verdict,
  reasons: [],
  client: null,
  counts: { measured: 16, completed: 16, failed: 0, aborted: 0, fillers: 4 },
  requests_file: null,
  attempts: 1,
});

export const progress = (change: Partial<CellProgress> = {}): CellProgress => ({
  phase: 'window',
  elapsed_s: 12,
  in_flight: 16,
  completed: 34,
  output_tokens_per_s: 1234.5,
  ttft_ms: 45.3,
  tpot_ms: 8.31,
  ...change,
});

export interface Plan {
  readonly targets: readonly string[];
  readonly shapes: readonly (readonly [input: number, output: number])[];
  readonly loads: readonly number[];
  readonly repeats?: number;
}

export const DEMO_PLAN: Plan = {
  targets: ['tp1', 'tp2'],
  shapes: [
    [128, 64],
    [512, 64],
    [2048, 64],
    [1024, 256],
  ],
  loads: [1, 8, 32],
};

export const LARGE_PLAN: Plan = {
  targets: ['mi300x-tp1', 'mi300x-tp8', 'b200-tp1', 'gaudi-3-tp2', 'tpu-v6e-tp4', 'trn2-tp16'],
  shapes: [128, 256, 512, 1000, 2048, 4096, 8192, 16384, 32768].flatMap((input) =>
    [1, 128, 512, 1024, 8192].map((output): [number, number] => [input, output]),
  ),
  loads: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  repeats: 3,
};

export const cellsOf = ({ targets, shapes, loads, repeats = 1 }: Plan) =>
  targets.flatMap((target) =>
    shapes.flatMap(([input, output]) =>
      loads.flatMap((load) =>
        Array.from({ length: repeats }, (_, index) => ({
          target,
          cell: shape(input, output, load, { repeat: index }),
        })),
      ),
    ),
  );

export const runStarted = (plan: Plan): Extract<RunEvent, { kind: 'run_started' }> => ({
  kind: 'run_started',
  run_id: '2026-01-01T00-00-00-demo',
  folder: 'runs/2026-01-01T00-00-00-demo',
  suite: 'demo',
  targets: plan.targets.map((name, index) => ({
    name,
    accelerator: 'h100-sxm-80gb',
    tensor_parallel: index + 1,
    model: 'meta-llama/Llama-3.1-8B-Instruct',
    engine: 'vllm 0.32.0',
  })),
  cells: cellsOf(plan),
  estimated_s: 90,
});

/** A whole run, cell after cell, with every kind of event in it. */
export function recording(plan: Plan): RunEvent[] {
  const started = runStarted(plan);
  const verdicts = ['valid', 'valid', 'flagged', 'valid', 'invalid', 'valid', 'valid'] as const;
  const events: RunEvent[] = [
    ...plan.targets.map(
      (target): RunEvent => ({
        kind: 'target_state',
        target,
        state: 'identifying',
        message: 'http://127.0.0.1:8000',
      }),
    ),
    {
      kind: 'warning',
      target: plan.targets[0]!,
      message: 'the server does not expose max_num_seqs: measured without',
    },
    started,
    ...plan.targets.map(
      (target): RunEvent => ({ kind: 'target_state', target, state: 'ready', message: null }),
    ),
  ];
  started.cells.forEach(({ target, cell }, index) => {
    if (index < 2) {
      events.push({ kind: 'cell_finished', target, record: record(target, cell), reused: true });
      return;
    }
    events.push({ kind: 'cell_started', target, cell, attempt: 1 });
    for (const phase of ['probe', 'warm_up', 'window', 'window', 'drain'] as const) {
      events.push({
        kind: 'cell_progress',
        target,
        cell,
        progress: progress({ phase, in_flight: cell.concurrency ?? 0, completed: index, elapsed_s: 1.5 }),
      });
    }
    if (index % 9 === 8) {
      events.push({
        kind: 'cell_failed',
        target,
        cell,
        message: 'connect ECONNREFUSED 127.0.0.1:8000; retrying in 2 s, the cell is measured again',
      });
    } else {
      const verdict = verdicts[index % verdicts.length]!;
      events.push({ kind: 'cell_finished', target, record: record(target, cell, verdict), reused: false });
    }
    events.push({ kind: 'remaining', seconds: (started.cells.length - index) * 3.6 });
  });
  events.push({
    kind: 'run_finished',
    run_id: started.run_id,
    folder: started.folder,
    outcome: 'done',
    counts: { valid: 14, flagged: 3, invalid: 3, not_measured: 4 },
    exit_code: 3,
  });
  return events;
}
