import type { Fit } from '../../fitfile/schema.ts';
import type { ParameterName } from '../../roofline/parameters.ts';
import { cachedOf, type Workload } from '../workload.ts';

const doublings = (value: number, [low, high]: readonly [number, number]): number =>
  value < low ? Math.log2(low / value) : value > high ? Math.log2(value / high) : 0;

/** How far a workload lies outside what a fit saw. */
export function outside(fit: Fit, workload: Workload, label: string): { notes: string[]; factors: number } {
  const { input, output } = workload;
  const axes = [
    ['input', input, fit.range.input_tokens],
    ['output', output, fit.range.output_tokens],
  ] as const;
  const left = axes.filter(([, value, range]) => doublings(value, range) > 0);
  return {
    notes: [
      ...left.map(
        ([name, value, [low, high]]) =>
          `${label}: ${name} ${Math.round(value)} is outside the measured ${low} to ${high}`,
      ),
      ...cachedNote(fit, cachedOf(workload, input), label),
    ],
    // A device file's covariance holds what its cells did not see.
    factors: fit.prior ? 0 : left.reduce((sum, [, value, range]) => sum + doublings(value, range), 0),
  };
}

/** Where more of a prompt is cached than was measured. */
export function cachedNote({ range }: Pick<Fit, 'range'>, cached: number, label: string): string[] {
  const [, most] = range.cached_input_tokens ?? [0, 0];
  if (cached <= most) return [];
  return [
    `${label}: cached prompts: ${most === 0 ? 'no cell had any' : `at most ${most} tokens were measured`}`,
  ];
}

/** Shares of the spec sheet that a fit found: ratios between devices rest on them. */
export function reached({ parameters, engine }: Fit, label: string): string {
  const share = (name: ParameterName): string => {
    const efficiency = parameters[name]!.efficiency?.value;
    return efficiency === undefined ? 'an unknown share' : `${Math.round(100 * efficiency)} %`;
  };
  const version = engine.version ?? 'of unknown version';
  return `${label}: ${engine.name} ${version} reaches ${share('gemm_flop_per_s')} of dense compute, ${share('memory_bytes_per_s')} of bandwidth`;
}
