import type { FittedModel } from '../fit/predictive.ts';
import { EDGE_NAMES } from '../fit/problem.ts';
import type { TailModel } from '../fit/tails/tail-model.ts';
import { kvCapacityTokens } from '../model/quantities.ts';
import { type Padding, sizesOf } from '../roofline/padding.ts';
import {
  DRAFT_NAMES,
  PARAMETER_NAMES,
  type ParameterName,
  type RooflineParameters,
} from '../roofline/parameters.ts';
import type { EngineSettings } from '../roofline/serving.ts';
import type { Fit } from './schema.ts';

type FitContent = Omit<Fit, 'digest'>;

/** The model of a fit file, ready to predict with. */
export function modelOf(fit: FitContent): FittedModel {
  const others = new Set<string>([...EDGE_NAMES, ...DRAFT_NAMES]);
  const costs = Object.entries(fit.draft?.parameters ?? {}).map(([name, { value }]) => [name, value]);
  return {
    card: fit.model_card,
    parameters: Object.fromEntries([
      ...PARAMETER_NAMES.map((name) => [name, fit.parameters[name]!.value]),
      ...costs,
    ]) as unknown as RooflineParameters,
    edges: {
      ttft_wait_steps: fit.serving_edges.ttft_wait_steps.value,
      decode_wait_steps: fit.serving_edges.decode_wait_steps.value,
    },
    names: fit.covariance.names.filter((name) => !others.has(name)) as ParameterName[],
    covariance: fit.covariance.matrix,
    degrees_of_freedom: fit.degrees_of_freedom,
    predictors: fit.predictors,
    residual_table: fit.residual_table,
    tails: (fit.tails ?? null) as TailModel | null,
  };
}

/** vLLM's own default, where no target said what it has. */
const DEFAULT_SEATS = 256;

/** The memory utilisation that was inferred, where none was stated. */
function utilisationOf({ inferred }: FitContent): number | undefined {
  const found = inferred.find(({ name }) => name === 'memory_utilisation')?.value;
  return typeof found === 'number' ? found : undefined;
}

/**
 * Engine settings for a tensor parallel size: those of the target that was measured with it, else the first target's with
 * the KV capacity that the devices' memory gives.
 */
export function settingsFor(fit: FitContent, tensorParallel: number): EngineSettings {
  const measured = fit.targets.find((target) => target.tensor_parallel === tensorParallel);
  const target = measured ?? fit.targets[0]!;
  const memory = fit.accelerator.memory_bytes;
  const capacity =
    measured || memory === null
      ? (target.kv_capacity_tokens / target.tensor_parallel) * tensorParallel
      : kvCapacityTokens(fit.model_card, memory, tensorParallel, utilisationOf(fit));
  const padding = usedPadding(fit, target.name);
  return {
    tensorParallel,
    maxNumBatchedTokens: target.max_num_batched_tokens,
    ...(target.budget_margin_tokens !== undefined && { budgetMarginTokens: target.budget_margin_tokens }),
    ...(target.whole_prompts && { wholePrompts: true }),
    ...(target.plans_ahead && { plansAhead: true }),
    maxNumSeqs: target.max_num_seqs ?? DEFAULT_SEATS,
    kvCapacityTokens: capacity,
    admission: target.admission,
    ...(padding && { padding }),
  };
}

/** What a target pads its steps to, as far as the parameters were fitted with it. */
export function usedPadding({ padding }: FitContent, target: string): Padding | undefined {
  const sizes = padding?.used ? padding.targets.find((each) => each.target === target) : undefined;
  return sizes && sizesOf(sizes);
}
