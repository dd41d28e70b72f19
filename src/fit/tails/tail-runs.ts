import type { StepSplit } from '../../roofline/gap-tail.ts';
import type { RooflineParameters } from '../../roofline/parameters.ts';
import type { Schedule } from '../../roofline/scheduler/schedule.ts';
import {
  gapsOf,
  type PricedRun,
  priceRuns,
  scheduledTpot,
  startShare,
  stepsOf,
  tailsOf,
} from '../../roofline/scheduler/scheduled-tails.ts';
import { tailSchedules } from '../../roofline/scheduler/tail-schedules.ts';
import type { ClosedLoopShape, EngineSettings, ServingEdges } from '../../roofline/serving.ts';
import type { BurstStart, LatencyTail, LatencyTails, TailTraits } from '../../roofline/tails.ts';
import type { Observation } from '../observations.ts';
import type { FittedModel } from '../predictive.ts';

/** A cell as the scheduler runs it often enough for its tails, at a fitted model. */
export class TailRuns {
  readonly shape: ClosedLoopShape;
  readonly #model: FittedModel;
  readonly #engine: EngineSettings;
  readonly #schedules: readonly Schedule[];
  readonly #runs: readonly PricedRun[];
  readonly #tpotRatio: number;

  private constructor(
    model: FittedModel,
    engine: EngineSettings,
    shape: ClosedLoopShape,
    schedules: readonly Schedule[],
    tpotSeconds: number | null,
  ) {
    this.shape = shape;
    this.#model = model;
    this.#engine = engine;
    this.#schedules = schedules;
    this.#runs = priceRuns(schedules, model.card, model.parameters, engine);
    const own = scheduledTpot(this.#runs, shape, model.edges);
    this.#tpotRatio = own === null || tpotSeconds === null ? 1 : tpotSeconds / own;
  }

  /**
   * Null for one batch, which has no tails.
   * @param tpotSeconds mean TPOT (or median, of such bursts) by the fit, which tails keep to; null: none
   */
  static of(
    model: FittedModel,
    engine: EngineSettings,
    shape: ClosedLoopShape,
    tpotSeconds: number | null,
  ): TailRuns | null {
    const schedules = tailSchedules(model.card, model.parameters, engine, shape);
    return schedules.length === 0 ? null : new TailRuns(model, engine, shape, schedules, tpotSeconds);
  }

  /** The tails at the fitted values. */
  tails(traits: TailTraits, start: BurstStart): LatencyTails {
    return this.#priced(this.#runs, this.#model.parameters, this.#model.edges, traits, start);
  }

  /** Of the gaps between tokens alone. */
  gaps(traits: TailTraits): LatencyTail | null {
    const options = { edges: this.#model.edges, traits, tpotRatio: this.#tpotRatio };
    return gapsOf(this.#runs, this.shape, this.#engine.tensorParallel, options);
  }

  /** Which steps the gaps are. */
  steps(traits: TailTraits): StepSplit | null {
    const options = { edges: this.#model.edges, traits, tpotRatio: this.#tpotRatio };
    return stepsOf(this.#runs, this.shape, this.#engine.tensorParallel, options);
  }

  /** Seconds by which a start moves the mean TTFT that a fit to means already holds; 0 of a fit to medians. */
  startShare(start: BurstStart): number {
    const { driving } = this.shape;
    return driving?.kind === 'burst' && driving.statistic === 'mean' ? startShare(this.#runs, start) : 0;
  }

  /** The tails at other values, the order of requests kept. */
  tailsAt(
    parameters: RooflineParameters,
    edges: ServingEdges,
    traits: TailTraits,
    start: BurstStart,
  ): LatencyTails {
    const runs = priceRuns(this.#schedules, this.#model.card, parameters, this.#engine);
    return this.#priced(runs, parameters, edges, traits, start);
  }

  #priced(
    runs: readonly PricedRun[],
    { request_overhead_s }: RooflineParameters,
    edges: ServingEdges,
    traits: TailTraits,
    start: BurstStart,
  ): LatencyTails {
    const wait = request_overhead_s - this.#schedules[0]!.arrivalSeconds;
    const options = { edges, traits, start, tpotRatio: this.#tpotRatio };
    return tailsOf(runs, this.shape, this.#engine.tensorParallel, wait, options);
  }
}

/** A cell with the percentiles that it measured. */
export interface TailCell {
  readonly observation: Observation;
  readonly runs: TailRuns;
}
