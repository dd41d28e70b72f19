import { closedLoopTails } from '../../roofline/closed-form-tails.ts';
import type { RooflineParameters } from '../../roofline/parameters.ts';
import type { ClosedLoopShape, EngineSettings, ServingEdges } from '../../roofline/serving.ts';
import type { LatencyTail, LatencyTails } from '../../roofline/tails.ts';
import { type FittedModel, predictMeans } from '../predictive.ts';
import { startOf, type TailModel, tailEngine } from './tail-model.ts';

/** Tails at a fitted model, and at values near its own. */
export interface TailsNear {
  readonly central: LatencyTails;
  at(parameters: RooflineParameters, edges: ServingEdges): LatencyTails;
}

/** Null for a batch or an open loop. TPOT and gaps keep to the mean that the fit has for them. */
export function formTails(
  fit: FittedModel,
  model: Pick<TailModel, 'traits' | 'max_num_batched_tokens' | 'start'>,
  engine: EngineSettings,
  shape: ClosedLoopShape,
): TailsNear | null {
  const options = { traits: model.traits, start: startOf(model, shape.inputTokens) };
  const seen = tailEngine(model, engine);
  const bare = (parameters: RooflineParameters, edges: ServingEdges): LatencyTails | null =>
    closedLoopTails(fit.card, parameters, seen, shape, { ...options, edges });
  const own = bare(fit.parameters, fit.edges);
  if (own === null) return null;
  const { tpotSeconds } = predictMeans(fit, engine, shape, { predictor: 'closed_form' }).means;
  const ratio = own.tpot === null || tpotSeconds === null ? 1 : tpotSeconds / own.tpot.mean;
  return {
    central: kept(own, ratio),
    at: (parameters, edges) => kept(bare(parameters, edges)!, ratio),
  };
}

const kept = ({ ttft, tpot, e2e, tbt }: LatencyTails, ratio: number): LatencyTails => ({
  ttft,
  tpot: scaled(tpot, ratio),
  e2e: scaled(e2e, ratio),
  tbt: scaled(tbt, ratio),
});

const scaled = (tail: LatencyTail | null, ratio: number): LatencyTail | null =>
  tail && { mean: ratio * tail.mean, quantiles: tail.quantiles.map((value) => ratio * value) };
