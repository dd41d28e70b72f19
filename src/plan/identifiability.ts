import type { Matrix } from 'ml-matrix';
import { PARAMETER_NAMES, type ParameterName } from '../roofline/parameters.ts';
import type { CellShape } from '../run/schema.ts';
import { type Candidate, candidates, DESIGN_RULES } from './candidates.ts';
import { type TargetFacts, type TargetModel, targetModel } from './facts.ts';
import { fittedCell } from './fitted-cell.ts';
import { add, informationMatrix, jacobianRows, posteriorLogSd } from './information.ts';

/** Above this share of the prior's width the cells say next to nothing: the estimate would be the prior. */
export const IDENTIFIED_BELOW = 0.8;

export interface ParameterIdentifiability {
  readonly parameter: ParameterName;
  /** Posterior over prior standard deviation of the log parameter; 1 = the cells say nothing. */
  readonly sd_ratio: number;
  /** Expected standard deviation of the log parameter, about its relative error. */
  readonly expected_log_sd: number;
  readonly identified: boolean;
  readonly reason: string | null;
  /** The cell of the design rules that narrows the parameter most. */
  readonly helpful_cell: Candidate | null;
}

/** One accelerator and model: they share one parameter vector over tensor parallel sizes. */
export interface IdentifiabilityGroup {
  readonly accelerator: string;
  readonly model: string;
  readonly targets: readonly string[];
  readonly parameters: readonly ParameterIdentifiability[];
}

export interface PlannedOn {
  readonly facts: TargetFacts;
  readonly cells: readonly CellShape[];
}

interface Member extends PlannedOn {
  readonly model: TargetModel;
}

/** Which parameters the planned cells can tell apart, at the centre of the priors. Cells that a fit does not take do not count. Targets without a model card are left out. */
export function identifiability(planned: readonly PlannedOn[]): IdentifiabilityGroup[] {
  const groups = new Map<string, Member[]>();
  for (const one of planned) {
    const model = targetModel(one.facts);
    if (model === null) continue;
    const key = `${one.facts.accelerator?.id ?? ''} ${model.card.id} ${model.card.precision}`;
    groups.set(key, [...(groups.get(key) ?? []), { ...one, model }]);
  }
  return [...groups.values()].map(judgeGroup);
}

/** Experts' compute is a parameter of models that have some. */
const parametersOf = ({ card }: TargetModel): ParameterName[] =>
  PARAMETER_NAMES.filter(
    (name) => name !== 'expert_flop_per_s' || card.weight_groups.some((group) => group.name === 'experts'),
  );

function judgeGroup(members: readonly Member[]): IdentifiabilityGroup {
  const { facts, model } = members[0]!;
  const priorLogSd = Object.fromEntries(
    PARAMETER_NAMES.map((name) => [name, model.priors[name].log_sd]),
  ) as Record<ParameterName, number>;
  const rows = members.flatMap((member) =>
    member.cells
      .flatMap((cell) => fittedCell(member.model, cell) ?? [])
      .flatMap((cell) => jacobianRows(member.model, cell)),
  );
  const information = informationMatrix(priorLogSd, rows);
  const expected = posteriorLogSd(information);
  return {
    accelerator: facts.accelerator?.name ?? 'unknown accelerator',
    model: model.card.id,
    targets: members.map((member) => member.facts.name),
    parameters: parametersOf(model).map((parameter) => {
      const sd_ratio = expected[parameter] / priorLogSd[parameter];
      const identified = sd_ratio <= IDENTIFIED_BELOW;
      return {
        parameter,
        sd_ratio,
        expected_log_sd: expected[parameter],
        identified,
        reason: identified ? null : DESIGN_RULES[parameter],
        helpful_cell: identified ? null : helpfulCell(parameter, members, information),
      };
    }),
  };
}

function helpfulCell(
  parameter: ParameterName,
  members: readonly Member[],
  information: Matrix,
): Candidate | null {
  const { facts } = members[0]!;
  let best: Candidate | null = null;
  let least = posteriorLogSd(information)[parameter] * 0.99;
  for (const candidate of candidates(
    members.map((member) => member.facts.tensorParallel),
    facts.maxLengthTokens,
  )) {
    const model = targetModel({
      ...facts,
      kvCapacityTokens: null,
      tensorParallel: candidate.tensor_parallel,
    });
    if (model === null) continue;
    const left = posteriorLogSd(add(information, jacobianRows(model, candidate)))[parameter];
    if (left < least) [best, least] = [candidate, left];
  }
  return best;
}
