import type { Observation } from '../fit/observations.ts';
import type { Fit } from './schema.ts';

/** Where cells were measured; lengths and batch sizes that the steps of a cell have shown are in it. */
export function rangeOf(observations: readonly Observation[]): Fit['range'] {
  const hull = (...reads: readonly ((one: Observation) => number)[]): [number, number] => {
    const values = observations
      .filter((one) => !one.hold_out)
      .flatMap((one) => reads.map((read) => read(one)));
    return [Math.min(...values), Math.max(...values)];
  };
  const spread = (one: Observation, end: 0 | 1): number =>
    one.steps && one.driving?.kind === 'steady' ? (one.driving.input_spread?.[end] ?? 1) : 1;
  const leastBatch = (one: Observation): number =>
    Math.min(
      one.concurrency,
      ...(one.steps ?? []).flatMap(({ groups }) =>
        groups.map(({ kernel }) => (kernel.kind === 'decode' ? kernel.least : one.concurrency)),
      ),
    );
  const sizes = observations.map((one) => one.engine.tensorParallel);
  const cached = hull((one) => one.cached_input_tokens ?? 0);
  return {
    input_tokens: hull(
      (one) => Math.round(one.input_tokens * spread(one, 0)),
      (one) => Math.round(one.input_tokens * spread(one, 1)),
    ),
    ...(cached[1] > 0 && { cached_input_tokens: cached }),
    output_tokens: hull((one) => one.output_tokens),
    concurrency: hull(leastBatch, (one) => one.concurrency),
    tensor_parallel: [...new Set(sizes)].sort((a, b) => a - b),
  };
}
