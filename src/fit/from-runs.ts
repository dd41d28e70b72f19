import type { EngineSteps } from '../measure/steps/step-columns.ts';
import { type Driving, hasExactLengths } from '../roofline/driving.ts';
import type { EngineSettings } from '../roofline/serving.ts';
import { readPadding } from '../run/read-padding.ts';
import type { CellRecord, Run, RunTarget } from '../run/schema.ts';
import { usableMeasurement } from './cell-observation.ts';
import { type Dataset, DEFAULT_CHOICE, derivedCapacity, type Unknown } from './dataset.ts';
import { mergeRepeats } from './merge-repeats.ts';
import type { Observation } from './observations.ts';
import { sharedFacts } from './shared-facts.ts';
import { onlyMeansExcluded, withSteps } from './steps/use-steps.ts';

/** A run as it was read: `run.json` and the lines of `cells.jsonl`. */
export interface RunCells {
  readonly run: Run;
  readonly records: readonly CellRecord[];
  /** The engine's steps of the cells that are to be fitted by them, by `stepsKey`; absent: none. */
  readonly steps?: ReadonlyMap<string, EngineSteps>;
}

export const stepsKey = ({ target, key }: Pick<CellRecord, 'target' | 'key'>): string => `${target} ${key}`;

/** A cell that the fit does not use, and why. */
export interface LeftOut {
  readonly run: string;
  readonly target: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Null: an open loop. */
  readonly concurrency: number | null;
  readonly reasons: readonly string[];
}

/** A verdict's reason on cells that the fit does use. */
export interface Flagged {
  readonly code: string;
  readonly target: string;
  readonly cells: number;
}

/** What runs say about one accelerator, model and engine. */
export interface RunObservations extends Dataset {
  readonly engine: { readonly name: string; readonly version: string | null };
  readonly targets: readonly RunTarget[];
  readonly left_out: readonly LeftOut[];
  readonly flagged: readonly Flagged[];
}

/**
 * Observations of one fit from the records of one or more runs. Cells whose reasons exclude them stay out and are listed.
 * Engine settings that no target states are listed in `unknown`, and stand at what engines do by default.
 * @throws RidgeError (exit 2) naming the key of the lab file that a target lacks, or what the targets do not share
 */
export function observationsFromRuns(runs: readonly RunCells[]): RunObservations {
  const targets = runs.flatMap(({ run }) => run.targets);
  const { accelerator, card, engine } = sharedFacts(targets);
  const unknown = unknownSettings(targets, engine.name);
  const used: Observation[] = [];
  const left_out: LeftOut[] = [];
  const flagged = new Map<string, Flagged>();
  for (const { run, records, steps } of runs) {
    for (const target of run.targets) {
      const settings = engineSettings(target, { accelerator, card, unknown });
      const driving = drivingOf(run, target);
      const padding = readPadding(target);
      for (const record of records.filter((each) => each.target === target.name)) {
        const reasons = record.reasons.filter((reason) => reason.fit === 'exclude').map(({ code }) => code);
        const seen = stepsOf(record, steps);
        const unusable = reasons.length > 0 && !(seen && onlyMeansExcluded(reasons));
        const measured = unusable ? null : usableMeasurement(record, settings, driving);
        const stated = target.settings.max_num_batched_tokens.value;
        const observation =
          measured && seen ? withSteps(measured, seen, stated, reasons.length === 0) : measured;
        if (observation) {
          const task = target.unknown_input_task;
          used.push({
            ...observation,
            ...(padding && { read_padding: padding }),
            ...(task !== undefined && { unknown_input: { task } }),
          });
          countReasons(flagged, record);
        } else left_out.push(describe(run, record, reasons.length > 0 ? reasons : [whyUnused(record)]));
      }
    }
  }
  return {
    accelerator,
    card,
    engine,
    unknown,
    targets: [...new Map(targets.map((target) => [target.name, target])).values()],
    observations: mergeRepeats(used),
    left_out,
    flagged: [...flagged.values()],
  };
}

/** What a prompt had cached, or a step verified, is not in the stamps: such steps tell no work. */
const stepsOf = (record: CellRecord, steps: RunCells['steps']): EngineSteps | undefined =>
  record.cell.kind === 'cached' || record.server?.spec_drafts ? undefined : steps?.get(stepsKey(record));

/** Why a cell that no verdict excludes is of no use. */
function whyUnused({ cell }: CellRecord): string {
  if (cell.arrivals?.process === 'trace') return 'a trace has many lengths, a cell of a fit has one';
  return cell.kind === 'disaggregated' ? 'of two servers, a fit is of one' : 'no metrics';
}

/** How a run's cells on a target were driven: by the suite's protocol, unless they were imported. */
function drivingOf(run: Run, target: RunTarget): Driving {
  const { input_spread, input_lengths, output_jitter } = run.suite.content.protocol;
  const spread = input_spread && { input_spread, ...(input_lengths && { input_lengths }) };
  return target.driving ?? { kind: 'steady', ...spread, output_jitter };
}

function countReasons(flagged: Map<string, Flagged>, { reasons, target }: CellRecord): void {
  for (const { code } of reasons) {
    const key = `${code} ${target}`;
    flagged.set(key, { code, target, cells: (flagged.get(key)?.cells ?? 0) + 1 });
  }
}

const describe = (run: Run, record: CellRecord, reasons: readonly string[]): LeftOut => ({
  run: run.id,
  target: record.target,
  input_tokens: record.cell.input_tokens,
  output_tokens: record.cell.output_tokens,
  concurrency: record.cell.concurrency,
  reasons,
});

/** Settings that at least one target does not state. vLLM admits on demand; other engines are known by what they do. */
function unknownSettings(targets: readonly RunTarget[], engine: string): Unknown[] {
  const lacks = (value: (target: RunTarget) => unknown): boolean =>
    targets.some((target) => value(target) === null);
  const found: readonly [Unknown, boolean][] = [
    ['kv_bytes_per_element', lacks((target) => target.settings.kv_cache_dtype)],
    [
      'max_num_batched_tokens',
      lacks((target) => target.settings.max_num_batched_tokens.value ?? target.budget_margin_tokens ?? null),
    ],
    ['memory_utilisation', lacks((target) => target.settings.kv_capacity_tokens.value)],
    [
      'burst_order',
      targets.some(({ driving: one }) => one?.kind === 'burst' && !one.order && hasExactLengths(one)),
    ],
    ['seat_margin', targets.some((target) => target.own_servers === true)],
    ['planning', engine === 'tensorrt-llm' && targets.some((target) => target.own_servers === true)],
    ['admission', engine !== 'vllm' && lacks((target) => target.settings.kv_capacity_tokens.value)],
  ];
  return found.flatMap(([name, missing]) => (missing ? [name] : []));
}

/** Seats that an engine has where nothing is said: more than any load that is measured. */
const UNSTATED_SEATS = 1024;

function engineSettings(
  { tensor_parallel: tensorParallel, settings, budget_margin_tokens: margin, whole_prompts }: RunTarget,
  dataset: Pick<Dataset, 'accelerator' | 'card' | 'unknown'>,
): EngineSettings {
  const { max_num_batched_tokens, max_num_seqs, kv_capacity_tokens } = settings;
  const stated = {
    tensorParallel,
    maxNumBatchedTokens: max_num_batched_tokens.value ?? DEFAULT_CHOICE.max_num_batched_tokens,
    maxNumSeqs: max_num_seqs.value ?? UNSTATED_SEATS,
    admission: DEFAULT_CHOICE.admission,
  };
  const kvCapacityTokens =
    kv_capacity_tokens.value ?? derivedCapacity(dataset, tensorParallel, DEFAULT_CHOICE.memory_utilisation);
  return {
    ...stated,
    kvCapacityTokens,
    ...(margin !== undefined && { budgetMarginTokens: margin }),
    ...(whole_prompts && { wholePrompts: true }),
  };
}
