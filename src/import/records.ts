import { closedLoopCell } from '../plan/closed-loop-cell.ts';
import { cellKey } from '../run/cell-key.ts';
import { type CellMetrics, type CellRecord, RUN_SCHEMA_VERSION, type RunTarget } from '../run/schema.ts';
import { digestOf } from '../suite/digest.ts';
import type { Suite } from '../suite/schema.ts';
import { importedEnergy } from './imported-energy.ts';
import type { MeasuredRow } from './measured-row.ts';
import type { ImportedTarget } from './targets.ts';

/** The cells of a target, in the order of the file; rows of the same cell are its repeats 0, 1, 2, ... */
export function recordsOf({ target, rows }: ImportedTarget, suite: Suite): CellRecord[] {
  const repeats = new Map<string, number>();
  return [...rows]
    .sort((a, b) => a.order - b.order || a.line - b.line)
    .map((row) => {
      const cell = `${row.inputTokens} ${row.outputTokens} ${row.concurrency}`;
      const repeat = repeats.get(cell) ?? 0;
      repeats.set(cell, repeat + 1);
      return recordOf(target, row, repeat, suite);
    });
}

function recordOf(target: RunTarget, row: MeasuredRow, repeat: number, suite: Suite): CellRecord {
  const cell = closedLoopCell(
    { input_tokens: row.inputTokens, output_tokens: row.outputTokens, concurrency: row.concurrency },
    { repeat },
  );
  const requests = row.requests ?? 1;
  return {
    schema_version: RUN_SCHEMA_VERSION,
    key: keyOf(target, cell, suite),
    target: target.name,
    cell,
    started_at: row.startedAt,
    elapsed_s: null,
    window: null,
    metrics: metricsOf(row),
    server: null,
    verdict: 'valid',
    reasons: [],
    client: null,
    counts: { measured: requests, completed: requests, failed: 0, aborted: 0, fillers: 0 },
    energy: row.powerW == null ? null : importedEnergy(row.powerW, target.devices),
    requests_file: null,
    attempts: 1,
  };
}

/** As of a measured cell, and what an import may differ in besides. */
const keyOf = (target: RunTarget, cell: CellRecord['cell'], suite: Suite): string =>
  digestOf({
    cell: cellKey(target, cell, suite),
    driving: target.driving,
    expert_parallel: target.expert_parallel,
    precision: target.model_card?.precision ?? null,
  }).replace('sha256:', '');

const metricsOf = (row: MeasuredRow): CellMetrics => ({
  ttft_ms: row.ttftMs,
  tpot_ms: row.tpotMs,
  e2e_ms: row.e2eMs,
  icl_ms: row.chunkGapMs,
  single_token_chunks: null,
  ttft_vllm_ms: null,
  tpot_vllm_ms: null,
  output_tokens_per_s: row.outputTokensPerS,
  input_tokens_per_s: row.inputTokensPerS,
  requests_per_s: null,
  // The window of a burst is the whole run.
  whole_run_output_tokens_per_s: row.driving.kind === 'burst' ? row.outputTokensPerS : null,
  mean_concurrency: null,
  mean_output_tokens: row.meanOutputTokens,
  turn_around_ms: null,
  decode: null,
  disaggregated: null,
  goodput_requests_per_s: null,
  objectives: [],
});
