import type { Accelerator } from '../../accelerator/accelerator.ts';
import type { ModelCard } from '../../model/card.ts';
import type { ServingMeans } from '../../roofline/closed-form.ts';
import type { RooflineParameters } from '../../roofline/parameters.ts';
import type { LatencyMetric, Observation } from '../observations.ts';

/** What a baseline may know besides observations. */
export interface BaselineContext {
  readonly accelerator: Accelerator | null;
  /** Bound to the accelerator. */
  readonly card: ModelCard;
  /**
   * Means of a cell on a device with these parameters: the serving model of the fit that the baselines stand beside, so
   * that forms without one of their own differ from the fit by their parameters alone.
   */
  readonly serve: (
    parameters: RooflineParameters,
    observation: Observation,
  ) => Pick<ServingMeans, 'ttftSeconds' | 'tpotSeconds'>;
}

/** Seconds that a trained baseline gives for a cell; null where it has no answer. */
export type BaselinePredictor = (observation: Observation) => number | null;

/** A simpler model of one metric, of the kind that other tools use, to be printed beside a fit. */
export interface BaselineForm {
  readonly name: string;
  /** The equation, in words that a table has room for. */
  readonly form: string;
  readonly metric: LatencyMetric;
  /** Numbers that it fits for each tensor parallel size; 0 for a form that fits none. */
  readonly fitted_numbers_per_tp: number;
  /**
   * Learns from the observations in which its metric was measured. A form that cannot be carried to another tensor
   * parallel size answers null there, and wherever the training part holds too little to determine its numbers.
   */
  readonly train: (training: readonly Observation[], context: BaselineContext) => TrainedBaseline;
}

export interface TrainedBaseline {
  /** Numbers that were fitted, over all tensor parallel sizes. */
  readonly fitted_numbers: number;
  readonly predict: BaselinePredictor;
}
