import type { ModelCard } from '../model/card.ts';
import { takesCell } from '../plan/candidate-grid.ts';
import { closedLoopCell } from '../plan/closed-loop-cell.ts';
import { cellCost } from '../plan/estimate.ts';
import type { TargetFacts } from '../plan/facts.ts';
import type { InformativeCell } from '../plan/information.ts';
import { lengthened } from '../power/least-window.ts';
import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import type { Priors } from '../roofline/priors.ts';
import type { EngineSettings } from '../roofline/serving.ts';
import type { Protocol, StopRule } from '../suite/schema.ts';
import type { NextCandidate } from './next-cells.ts';
import type { Site } from './next-rows.ts';

/** A target that can be measured, as far as predictions need to know it. */
export interface NextTarget {
  readonly name: string;
  readonly engine: EngineSettings;
  /** Null: not known. */
  readonly maxLengthTokens: number | null;
  /** Its power source, which makes windows longer; absent or null: no power is read. */
  readonly power?: TargetFacts['power'];
}

/** How cells are driven and timed. */
export interface Conditions {
  readonly protocol: Protocol;
  readonly stop: StopRule;
  readonly turnAroundSeconds: number | null;
}

/** The device that costs are estimated for. */
export interface CostModel {
  readonly card: ModelCard;
  readonly priors: Priors;
  readonly parameters: RooflineParameters;
}

/** A cell on a target that might be measured. */
export interface TargetCandidate extends NextCandidate {
  readonly target: string;
  readonly cell: InformativeCell;
}

export const siteOf = (
  engine: EngineSettings,
  { input_tokens, output_tokens, concurrency }: InformativeCell,
  { protocol, turnAroundSeconds }: Conditions,
): Site => ({
  engine,
  shape: {
    inputTokens: input_tokens,
    outputTokens: output_tokens,
    concurrency,
    turnAroundSeconds,
    driving: { kind: 'steady', output_jitter: protocol.output_jitter },
  },
});

/** Cells with their costs on a target; those that it does not take are left out. */
export const candidatesOn = (
  target: NextTarget,
  cells: readonly InformativeCell[],
  conditions: Conditions,
  { card, priors, parameters }: CostModel,
): TargetCandidate[] =>
  cells
    .filter((cell) => takesCell(target, cell))
    .map((cell) => {
      const { protocol, stop } = lengthened(conditions, target.power ?? null);
      const model = { card, priors, centre: parameters, engine: target.engine };
      return {
        target: target.name,
        cell,
        ...siteOf(target.engine, cell, conditions),
        ...cellCost(model, closedLoopCell(cell), protocol, stop),
      };
    });

const LINK_PARAMETERS: readonly ParameterName[] = ['all_reduce_latency_s', 'link_bytes_per_s'];

/** Parameters that cells on these tensor parallel sizes depend on: links above 1, experts where the model has some. */
export function parametersFor(card: ModelCard, tensorParallels: readonly number[]): ParameterName[] {
  const parallel = tensorParallels.some((size) => size > 1);
  const routed = card.weight_groups.some((group) => group.name === 'experts');
  return PARAMETER_NAMES.filter(
    (name) => (parallel || !LINK_PARAMETERS.includes(name)) && (routed || name !== 'expert_flop_per_s'),
  );
}
