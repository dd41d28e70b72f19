import { drawMix, mixSchema } from '../cost/fleet/mix.ts';
import type { Served } from '../cost/workload.ts';
import { RidgeError } from '../errors.ts';
import { parseBy, readUserFile, readYaml } from '../suite/load-file.ts';
import type { TraceColumns } from '../suite/trace.ts';
import { parseTrace } from '../suite/trace-csv.ts';

export const FLEET_OPTIONS = {
  prefill: { type: 'string' },
  decode: { type: 'string' },
  tp: { type: 'string' },
  'cached-input': { type: 'string' },
  spec: { type: 'string' },
  draft: { type: 'string' },
  objective: { type: 'string', multiple: true },
  suite: { type: 'string' },
  basis: { type: 'string' },
  tariff: { type: 'string' },
  speed: { type: 'string' },
  requests: { type: 'string' },
  seed: { type: 'string' },
  draws: { type: 'string' },
  transfer: { type: 'string' },
  contention: { type: 'string' },
  'nic-gb-per-s': { type: 'string' },
  'host-staged': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** What is read of the traffic, and how. */
export interface TrafficOptions {
  /** Only the first so many requests. */
  readonly most: number | undefined;
  /** Instead of the file's. */
  readonly seed: number | undefined;
  /** Whether something beside phases is drawn. */
  readonly speculates: boolean;
}

/** The requests of a CSV file, or drawn by a YAML file of phases. */
export async function readTraffic(
  file: string,
  { most, seed, speculates }: TrafficOptions,
): Promise<TraceColumns> {
  if (!/\.ya?ml$/i.test(file)) {
    if (seed !== undefined && !speculates) {
      throw new RidgeError('--seed goes with phases or --spec: a recorded trace has nothing else random', {
        where: file,
      });
    }
    return parseTrace(
      await readUserFile(file, 'CSV file with timestamp, input_tokens, output_tokens'),
      file,
      most,
    );
  }
  const mix = parseBy(mixSchema, await readYaml(file, 'file of phases (YAML)'));
  const drawn = drawMix(seed === undefined ? mix : { ...mix, seed });
  if (drawn.at_s.length < 2) {
    throw new RidgeError('fewer than two requests arrive', { where: file, mend: 'Raise seconds or rates.' });
  }
  const first = <Value>(values: readonly Value[]): readonly Value[] => values.slice(0, most);
  return {
    at_s: first(drawn.at_s),
    input_tokens: first(drawn.input_tokens),
    output_tokens: first(drawn.output_tokens),
  };
}

/** @throws RidgeError (exit 2) where more is cached than any prompt has */
export function refuseAllCached({ cached_input = 0 }: Served, { input_tokens }: TraceColumns): void {
  const longest = input_tokens.reduce((most, input) => Math.max(most, input), 0);
  if (cached_input < longest) return;
  throw new RidgeError(`--cached-input: ${cached_input} tokens leave nothing to compute`, {
    mend: `The longest prompt of the trace is ${longest} tokens.`,
  });
}
