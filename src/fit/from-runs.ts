import type { Accelerator } from '../accelerator/accelerator.ts';
import type { ModelCard } from '../model/card.ts';
import type { EngineSettings } from '../roofline/closed-form.ts';
import type { CellRecord, Run, RunTarget } from '../run/schema.ts';
import { mergeRepeats, usableMeasurement } from './cell-observation.ts';
import type { Observation } from './observations.ts';
import { required, sharedFacts } from './shared-facts.ts';

/** A run as it was read: `run.json` and the lines of `cells.jsonl`. */
export interface RunCells {
  readonly run: Run;
  readonly records: readonly CellRecord[];
}

/** A cell that the fit does not use, and why. */
export interface LeftOut {
  readonly run: string;
  readonly target: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly concurrency: number;
  readonly reasons: readonly string[];
}

/** What runs say about one accelerator, model and engine. */
export interface RunObservations {
  readonly accelerator: Accelerator;
  /** Bound to the accelerator's peaks. */
  readonly card: ModelCard;
  readonly engine: { readonly name: string; readonly version: string | null };
  readonly targets: readonly RunTarget[];
  readonly observations: readonly Observation[];
  readonly left_out: readonly LeftOut[];
}

/**
 * Observations of one fit from the records of one or more runs. Cells whose reasons exclude them stay out and are listed.
 * @throws RidgeError (exit 2) naming the key of the lab file that a target lacks, or what the targets do not share
 */
export function observationsFromRuns(runs: readonly RunCells[]): RunObservations {
  const targets = runs.flatMap(({ run }) => run.targets);
  const { accelerator, card, engine } = sharedFacts(targets);
  const used: Observation[] = [];
  const left_out: LeftOut[] = [];
  for (const { run, records } of runs) {
    for (const target of run.targets) {
      const cells = records.filter((record) => record.target === target.name);
      const settings = engineSettings(target, cells);
      for (const record of cells) {
        const reasons = record.reasons.filter((reason) => reason.fit === 'exclude').map(({ code }) => code);
        const observation = reasons.length > 0 ? null : usableMeasurement(record, settings);
        if (observation) used.push(observation);
        else left_out.push(describe(run, record, reasons.length > 0 ? reasons : ['no metrics']));
      }
    }
  }
  return {
    accelerator,
    card,
    engine,
    targets: [...new Map(targets.map((target) => [target.name, target])).values()],
    observations: mergeRepeats(used),
    left_out,
  };
}

const describe = (run: Run, record: CellRecord, reasons: readonly string[]): LeftOut => ({
  run: run.id,
  target: record.target,
  input_tokens: record.cell.input_tokens,
  output_tokens: record.cell.output_tokens,
  concurrency: record.cell.concurrency,
  reasons,
});

/** Above this many streams the server's own limit on sequences may bind, and has to be known. */
const ALWAYS_SEATED = 128;

function engineSettings(target: RunTarget, cells: readonly CellRecord[]): EngineSettings {
  const { max_num_batched_tokens, max_num_seqs, kv_capacity_tokens } = target.settings;
  const largest = Math.max(0, ...cells.map(({ cell }) => cell.concurrency));
  const seats = largest > ALWAYS_SEATED ? required(target, 'max_num_seqs', max_num_seqs.value) : null;
  return {
    tensorParallel: target.tensor_parallel,
    maxNumBatchedTokens: required(target, 'max_num_batched_tokens', max_num_batched_tokens.value),
    maxNumSeqs: seats ?? max_num_seqs.value ?? ALWAYS_SEATED,
    kvCapacityTokens: required(target, 'kv_capacity_tokens', kv_capacity_tokens.value),
  };
}
