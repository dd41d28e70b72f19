import type { FittedModel } from '../../fit/predictive.ts';
import { type ResidualTable, withTable } from '../../fit/residual-table.ts';
import { tailEngine, UNKNOWN_TAILS } from '../../fit/tails/tail-model.ts';
import { modelOf } from '../../fitfile/apply.ts';
import { powerParametersOf } from '../../fitfile/power-schema.ts';
import type { Fit } from '../../fitfile/schema.ts';
import { capacityOf, speculating } from '../../predict/proposer.ts';
import type { RooflineParameters } from '../../roofline/parameters.ts';
import { stepPower } from '../../roofline/power.ts';
import type { Speculation } from '../../roofline/speculation.ts';
import { StepPricer } from '../../roofline/step-pricer.ts';
import { type StepRules, stepRulesOf } from '../../roofline/step-rules.ts';
import { TrafficCounter } from '../../roofline/step-traffic.ts';
import { AttentionWork } from '../../roofline/step-work.ts';
import type { TailTraits } from '../../roofline/tails.ts';
import type { PhaseSource } from '../phase-source.ts';
import { drawerOf, misfitOf, moved } from '../sources/fit-draws.ts';
import { fitSource, settingsOf } from '../sources/from-fit.ts';
import { cachedOf, longestPrompt, type Workload } from '../workload.ts';

/** What one engine step computes, in the columns that its time depends on. */
export interface StepColumns {
  readonly tokens: number;
  readonly sampled: number;
  readonly sequences: number;
  readonly flop: number;
  readonly bytes: number;
}

/** One server of a fit: how long its steps take, what it holds, what it draws. */
export interface Service extends StepRules {
  readonly label: string;
  readonly tp: number;
  readonly source: PhaseSource;
  /** Most sequences that decode together. */
  readonly seats: number;
  /** Beside what all prompts share. */
  readonly kv_capacity_tokens: number;
  /** Added to TTFT outside the engine's steps, s. */
  readonly request_overhead_s: number;
  readonly attention: AttentionWork;
  /** What percentiles showed of its steps: gaps between tokens are told with it. */
  readonly traits: TailTraits;
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

/** One draw of what a fit is unsure of. */
export interface ServiceDraw {
  readonly index: number;
  /** How wide what its model misses is drawn: 1 inside what was measured. */
  readonly widths: number;
}

/** Which of a fit's servers, and for what. */
export interface ServerRole {
  readonly label: string;
  readonly tp: number;
  readonly workload: Workload;
}

/**
 * A server by a fit at one tensor parallel size.
 * @param draw one of what the fit is unsure of; null: its central parameters
 */
export function serviceOf(
  fit: Fit,
  { label, tp, workload }: ServerRole,
  draw: ServiceDraw | null = null,
): Service {
  const { speculation } = workload;
  const { fit: served } = speculating(fit, workload);
  const model = modelOf(served);
  const { card, residual_table } = model;
  const parameters = draw === null ? model.parameters : drawnParameters(fit, model, draw.index);
  const misfit = draw === null ? null : misfitOf(fit, model, draw.widths)(draw.index);
  const tails = model.tails ?? UNKNOWN_TAILS;
  // What a simulation judges is percentiles: its token budget is the one that they showed.
  const settings = tailEngine(tails, settingsOf(fit, workload, tp));
  const pricer = new StepPricer(card, parameters, tp, speculation);
  const attention = new AttentionWork(card, speculation, settings.padding);
  const shared = cachedOf(workload, longestPrompt(workload));
  const corrections: number[] = [];
  const correction = (batch: number): number => {
    corrections[batch] ??=
      (residual_table === null ? 1 : correctionOf(residual_table, tp, batch)) * (misfit?.decode(batch) ?? 1);
    return corrections[batch];
  };
  const priced = ({ tokens, sampled, sequences, flop, bytes }: StepColumns): number =>
    pricer.secondsOf(tokens, sampled, sequences, flop, bytes);
  const promptFactor = misfit?.prefill ?? 1;
  return {
    label,
    tp,
    source: fitSource(fit, workload, label).central,
    ...stepRulesOf(settings),
    seats: settings.maxNumSeqs,
    kv_capacity_tokens: Math.max(0, capacityOf(fit, served, settings.kvCapacityTokens, tp) - shared),
    request_overhead_s: parameters.request_overhead_s,
    attention,
    traits: tails.traits,
    stepSeconds: (work) => promptFactor * priced(work),
    decodeSeconds: (batch, context) => correction(batch) * priced(decodeColumns(attention, batch, context)),
    power: powerOf(served, tp, speculation),
  };
}

/** A step of `batch` decodes at a mean context. */
export const decodeColumns = (attention: AttentionWork, batch: number, context: number): StepColumns => ({
  tokens: attention.stepRows(attention.decodeRows(batch)),
  sampled: attention.decodeRows(batch),
  sequences: batch,
  flop: attention.decodeFlop(batch, context),
  bytes: attention.decodeBytes(batch, context),
});

const drawnParameters = (fit: Fit, model: FittedModel, index: number): RooflineParameters =>
  moved(model.parameters, drawerOf(model, fit.digest)(index), (name) => {
    const { lower, upper } = fit.parameters[name]!.prior;
    return [lower, upper];
  });

/** The fit's factor on decode steps of a batch: kernels are chosen by its size. */
function correctionOf(table: ResidualTable, tensorParallel: number, batch: number): number {
  const cell = { tensorParallel, concurrency: batch, outputTokens: 2, turnAroundSeconds: null };
  const one = { tpotSeconds: 1, ttftSeconds: 1, e2eSeconds: 1, outputTokensPerSecond: 1, queueShare: 0 };
  return withTable({ ...one, rough: false }, table, cell).tpotSeconds!;
}

function powerOf(
  { power, model_card }: Fit,
  tp: number,
  speculation: Speculation | undefined,
): Service['power'] {
  if (!power) return null;
  const parameters = powerParametersOf(power);
  const counter = new TrafficCounter(model_card, tp, speculation);
  return {
    idle_w: tp * parameters.idle_power_w,
    stepWatts: ({ flop, bytes, ...work }, seconds) => {
      const traffic = counter.count({ ...work, attentionFlop: flop, attentionBytes: bytes });
      return tp * stepPower(parameters, traffic, seconds, power.limit_w);
    },
  };
}
