import { closedLoopSteps } from '../../roofline/closed-form-tails.ts';
import type { StepSplit } from '../../roofline/gap-tail.ts';
import type { ClosedLoopShape, EngineSettings } from '../../roofline/serving.ts';
import type { Predictor } from '../cell-model.ts';
import { type FittedModel, predictMeans } from '../predictive.ts';
import { tailEngine, UNKNOWN_TAILS } from './tail-model.ts';
import { TailRuns } from './tail-runs.ts';

/** Which steps lie between two tokens of a stream. Both kinds' means, weighted, are TPOT but for how requests are averaged. */
export interface PredictedSteps {
  /** Mean step of decodes alone; null where every one holds prompts. */
  readonly pure_ms: number | null;
  /** Share of the gaps that are steps with prompts, of 1. */
  readonly mixed_share: number;
  /** Their mean; null without any. */
  readonly mixed_ms: number | null;
}

/** The mix of steps behind the gaps between tokens of a closed loop; null where there are no gaps. */
export function predictSteps(
  fit: FittedModel,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  predictor: Predictor = 'scheduler',
): PredictedSteps | null {
  const { traits, ...model } = fit.tails ?? UNKNOWN_TAILS;
  const seen = tailEngine(model, engine);
  const { tpotSeconds } = predictMeans(fit, engine, shape, { predictor }).means;
  if (tpotSeconds === null) return null;
  if (predictor === 'scheduler') {
    return inMilliseconds(TailRuns.of(fit, seen, shape, tpotSeconds)?.steps(traits) ?? null, 1);
  }
  const split = closedLoopSteps(fit.card, fit.parameters, seen, shape, { edges: fit.edges, traits });
  return inMilliseconds(split, split && tpotSeconds / meanOf(split));
}

const meanOf = ({ pureSeconds, mixedShare, mixedSeconds }: StepSplit): number =>
  (1 - mixedShare) * (pureSeconds ?? 0) + mixedShare * (mixedSeconds ?? 0);

/** @param ratio of what the mean is known to be to what it is here */
function inMilliseconds(split: StepSplit | null, ratio: number | null): PredictedSteps | null {
  if (split === null || ratio === null) return null;
  const { pureSeconds, mixedShare, mixedSeconds } = split;
  const told = (seconds: number | null): number | null => seconds && 1e3 * ratio * seconds;
  return { pure_ms: told(pureSeconds), mixed_share: mixedShare, mixed_ms: told(mixedSeconds) };
}
