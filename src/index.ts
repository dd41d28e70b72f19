/**
 * The library: read a fit file, predict with it, or evaluate the roofline itself. Latencies of predictions are milliseconds,
 * everything below them is SI (seconds, bytes, FLOP/s). Errors meant for users are `RidgeError`s.
 *
 * @example
 * import { predict, readFit } from 'ridgepoint';
 * const fit = await readFit('fits/h100.fit.json');
 * const { tpot_ms } = predict(fit, { input: 4096, output: 512, concurrency: 32 });
 * console.log(tpot_ms.value, tpot_ms.interval_90);
 */
export type { Accelerator } from './accelerator/accelerator.ts';
export { customBasis } from './cost/bases/custom.ts';
export { type CustomBasis, customBasisSchema } from './cost/bases/custom-schema.ts';
export { basisNames, findBasis } from './cost/bases.ts';
export type { CostBasis, DeviceCost } from './cost/basis.ts';
export { type CompareQuestion, type Comparison, compare } from './cost/compare.ts';
export type { ComparedDevice, CompareRow } from './cost/compare-row.ts';
export { objectivesOf } from './cost/objectives.ts';
export type { PhaseSource, UncertainSource } from './cost/phase-source.ts';
export { type SearchRules, servingRules } from './cost/rules.ts';
export { carriedSource, fitSource } from './cost/sources/from-fit.ts';
export { specSource } from './cost/sources/from-spec.ts';
export { DEFAULT_FIXED_COSTS } from './cost/transfer.ts';
export { RidgeError } from './errors.ts';
export type { Predictor } from './fit/cell-model.ts';
export { narrowed } from './fit/family/narrow.ts';
export type { MetricKey, Predicted, Prediction } from './fit/predictive.ts';
export type { PredictedTails } from './fit/tails/predict-tails.ts';
export type { TailKey } from './fit/tails/tail-keys.ts';
export { buildDevice } from './fitfile/device-build.ts';
export { parseDevice, readDevice } from './fitfile/device-read.ts';
export type { Device } from './fitfile/device-schema.ts';
export { parseFit } from './fitfile/parse.ts';
export { readFit } from './fitfile/read.ts';
export type { Fit } from './fitfile/schema.ts';
export type { ModelCard } from './model/card.ts';
export { type FitPrediction, type PredictionShape, predict } from './predict/predict.ts';
export {
  predictUnmeasured,
  type UnmeasuredPrediction,
  type UnmeasuredServer,
  unmeasuredModel,
} from './predict/predict-unmeasured.ts';
export { closedLoopMeans } from './roofline/closed-form.ts';
export { closedLoopTails } from './roofline/closed-form-tails.ts';
export type { Admission, Driving } from './roofline/driving.ts';
export type { RooflineParameters } from './roofline/parameters.ts';
export { scheduledMeans } from './roofline/scheduler/scheduled-means.ts';
export { scheduledTails } from './roofline/scheduler/scheduled-tails.ts';
export type { ClosedLoopShape, EngineSettings, ServingEdges, ServingMeans } from './roofline/serving.ts';
export { type PrefillChunk, type StepLoad, type StepTime, stepTime } from './roofline/step.ts';
export { type LatencyTail, type LatencyTails, TAIL_QUANTILES } from './roofline/tails.ts';
