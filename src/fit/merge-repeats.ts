import type { EngineSettings } from '../roofline/serving.ts';
import { LEAST_POWER_ERROR, LEAST_RATE_ERROR } from './cell-observation.ts';
import type { Measured, MeasuredPower, MeasuredRate, Observation } from './observations.ts';
import { mergeTails } from './tails/observed-tails.ts';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean over repeats; its error is the larger of what the repeats claim and what their spread shows. */
function meanOfRepeats(
  values: readonly number[],
  relativeErrors: readonly number[],
): { mean: number; relative_error: number } {
  const { length } = values;
  const middle = mean(values);
  const claimed = Math.sqrt(mean(relativeErrors.map((error) => error ** 2)) / length);
  const squares = values.reduce((sum, value) => sum + (value / middle - 1) ** 2, 0);
  const spread = length > 1 ? Math.sqrt(squares / (length - 1) / length) : 0;
  return { mean: middle, relative_error: Math.max(claimed, spread) };
}

function mergeMeasured(repeats: readonly (Measured | null)[]): Measured | null {
  const found = repeats.filter((repeat) => repeat !== null);
  if (found.length === 0) return null;
  const merged = meanOfRepeats(
    found.map(({ seconds }) => seconds),
    found.map(({ relative_error }) => relative_error),
  );
  return { seconds: merged.mean, relative_error: merged.relative_error };
}

function mergePowers(repeats: readonly (MeasuredPower | null | undefined)[]): MeasuredPower | null {
  const found = repeats.filter((repeat) => repeat !== null && repeat !== undefined);
  if (found.length === 0) return null;
  const merged = meanOfRepeats(
    found.map(({ power_w }) => power_w),
    found.map(({ relative_error }) => relative_error),
  );
  return {
    power_w: merged.mean,
    relative_error: Math.max(LEAST_POWER_ERROR, merged.relative_error),
    idle_power_w: meanOrNull(found.map(({ idle_power_w }) => idle_power_w)),
  };
}

function mergeRates(repeats: readonly (MeasuredRate | null)[]): MeasuredRate | null {
  const found = repeats.filter((repeat) => repeat !== null);
  if (found.length === 0) return null;
  const merged = meanOfRepeats(
    found.map(({ tokens_per_s }) => tokens_per_s),
    found.map(({ relative_error }) => relative_error),
  );
  return {
    tokens_per_s: merged.mean,
    relative_error: Math.max(LEAST_RATE_ERROR, merged.relative_error),
  };
}

const meanOrNull = (values: readonly (number | null)[]): number | null => {
  const found = values.filter((value) => value !== null);
  return found.length === 0 ? null : mean(found);
};

/** What was proposed and accepted differs a little between repeats of a server that speculates. */
function mergeEngines(engines: readonly EngineSettings[]): EngineSettings {
  const [first] = engines;
  const speculations = engines.flatMap(({ speculation }) => (speculation ? [speculation] : []));
  if (speculations.length === 0) return first!;
  const speculation = {
    draftTokens: mean(speculations.map((one) => one.draftTokens)),
    acceptance: mean(speculations.map((one) => one.acceptance)),
  };
  return { ...first!, speculation };
}

/** Repeats of a shape on a target become one observation: they share whatever the model gets wrong. */
export function mergeRepeats(observations: readonly Observation[]): Observation[] {
  const key = (one: Observation): string =>
    [
      one.target,
      one.engine.tensorParallel,
      one.input_tokens,
      one.cached_input_tokens ?? 0,
      Math.round(one.engine.speculation?.draftTokens ?? 0),
      one.output_tokens,
      // Of an open loop its arrivals are the load: how many were in flight is what came of it.
      one.driving?.kind === 'open' ? '' : one.concurrency,
      JSON.stringify(one.driving),
    ].join(' ');
  return [...Map.groupBy(observations, key).values()].map((repeats) => ({
    ...repeats[0]!,
    cells: repeats.flatMap((repeat) => repeat.cells),
    hold_out: repeats.every((repeat) => repeat.hold_out),
    engine: mergeEngines(repeats.map(({ engine }) => engine)),
    mean_output_tokens: mean(repeats.map((repeat) => repeat.mean_output_tokens)),
    turn_around_s: meanOrNull(repeats.map((repeat) => repeat.turn_around_s)),
    ttft: mergeMeasured(repeats.map((repeat) => repeat.ttft)),
    tpot: mergeMeasured(repeats.map((repeat) => repeat.tpot)),
    e2e: mergeMeasured(repeats.map((repeat) => repeat.e2e)),
    output_tokens_per_s: mergeRates(repeats.map((repeat) => repeat.output_tokens_per_s)),
    power: mergePowers(repeats.map((repeat) => repeat.power)),
    ...(repeats.some(({ steps }) => steps) && { steps: repeats.flatMap(({ steps = [] }) => steps) }),
    ...(repeats[0]!.tails && { tails: mergeTails(repeats.map((repeat) => repeat.tails)) }),
  }));
}
