import { withTable } from '../../fit/residual-table.ts';
import { modelOf, settingsFor } from '../../fitfile/apply.ts';
import { powerParametersOf } from '../../fitfile/power-schema.ts';
import type { Fit } from '../../fitfile/schema.ts';
import { stepPower } from '../../roofline/power.ts';
import { StepPricer } from '../../roofline/step-pricer.ts';
import { TrafficCounter } from '../../roofline/step-traffic.ts';
import { AttentionWork } from '../../roofline/step-work.ts';
import type { PhaseSource } from '../phase-source.ts';
import { fitSource } from '../sources/from-fit.ts';

/** What one engine step computes, in the columns that its time depends on. */
export interface StepColumns {
  readonly tokens: number;
  readonly sampled: number;
  readonly sequences: number;
  readonly flop: number;
  readonly bytes: number;
}

/** One server of a fit: how long its steps take, what it holds, what it draws. */
export interface Service {
  readonly label: string;
  readonly tp: number;
  readonly source: PhaseSource;
  /** Most tokens of one step. */
  readonly step_tokens: number;
  /** Most sequences that decode together. */
  readonly seats: number;
  readonly kv_capacity_tokens: number;
  /** Added to TTFT outside the engine's steps, s. */
  readonly request_overhead_s: number;
  readonly attention: AttentionWork;
  /** Of a step, s; steps of decodes alone carry the fit's correction for their batch. */
  stepSeconds(work: StepColumns): number;
  /** Seconds of a step of `batch` decodes at a mean context. */
  decodeSeconds(batch: number, context: number): number;
  /** Watts of all devices of the server: in a step, and idle; null where the fit holds no power. */
  readonly power: {
    readonly idle_w: number;
    stepWatts(work: StepColumns, seconds: number): number;
  } | null;
}

/**
 * A server by a fit at one tensor parallel size, at the central parameters.
 * @throws RidgeError (exit 2) for a TP size that the model cannot be split over
 */
export function serviceOf(fit: Fit, tp: number, label: string): Service {
  const { card, parameters, residual_table } = modelOf(fit);
  const settings = settingsFor(fit, tp);
  const pricer = new StepPricer(card, parameters, tp);
  const attention = new AttentionWork(card);
  const workload = { input: fit.range.input_tokens[0], output: fit.range.output_tokens[0] };
  const corrections: number[] = [];
  const correction = (batch: number): number => {
    if (residual_table === null) return 1;
    corrections[batch] ??= correctionOf(residual_table, tp, batch);
    return corrections[batch];
  };
  const raw = ({ tokens, sampled, sequences, flop, bytes }: StepColumns): number =>
    pricer.secondsOf(tokens, sampled, sequences, flop, bytes);
  return {
    label,
    tp,
    source: fitSource(fit, workload, label).central,
    step_tokens: settings.maxNumBatchedTokens,
    seats: settings.maxNumSeqs,
    kv_capacity_tokens: settings.kvCapacityTokens,
    request_overhead_s: parameters.request_overhead_s,
    attention,
    stepSeconds: raw,
    decodeSeconds: (batch, context) =>
      correction(batch) *
      pricer.secondsOf(
        batch,
        batch,
        batch,
        attention.decodeFlop(batch, context),
        attention.decodeBytes(batch, context),
      ),
    power: powerOf(fit, tp),
  };
}

/** The fit's factor on decode steps of a batch: kernels are chosen by its size. */
function correctionOf(
  table: NonNullable<ReturnType<typeof modelOf>['residual_table']>,
  tensorParallel: number,
  batch: number,
): number {
  const cell = { tensorParallel, concurrency: batch, outputTokens: 2, turnAroundSeconds: null };
  const one = { tpotSeconds: 1, ttftSeconds: 1, e2eSeconds: 1, outputTokensPerSecond: 1, queueShare: 0 };
  return withTable({ ...one, rough: false }, table, cell).tpotSeconds!;
}

function powerOf(fit: Fit, tp: number): Service['power'] {
  const { power, model_card } = fit;
  if (!power) return null;
  const parameters = powerParametersOf(power);
  const counter = new TrafficCounter(model_card, tp);
  return {
    idle_w: tp * parameters.idle_power_w,
    stepWatts: ({ flop, bytes, ...work }, seconds) => {
      const traffic = counter.count({ ...work, attentionFlop: flop, attentionBytes: bytes });
      return tp * stepPower(parameters, traffic, seconds, power.limit_w);
    },
  };
}
