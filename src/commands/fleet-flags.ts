import { drawMix, mixSchema } from '../cost/fleet/mix.ts';
import { RidgeError } from '../errors.ts';
import { parseBy, readUserFile, readYaml } from '../suite/load-file.ts';
import type { TraceColumns } from '../suite/trace.ts';
import { parseTrace } from '../suite/trace-csv.ts';
import { wholeFlag } from './flags.ts';

export const FLEET_OPTIONS = {
  prefill: { type: 'string' },
  decode: { type: 'string' },
  tp: { type: 'string' },
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

/**
 * The requests of a CSV file, or drawn by a YAML file of phases.
 * @param seed instead of the file's; only drawn traffic has one
 */
export async function readTraffic(
  file: string,
  most: string | undefined,
  seed: string | undefined,
): Promise<TraceColumns> {
  const requests = most === undefined ? undefined : wholeFlag('requests', most, 2);
  if (!/\.ya?ml$/i.test(file)) {
    if (seed !== undefined) {
      throw new RidgeError('--seed goes with phases: a recorded trace has nothing random', { where: file });
    }
    return parseTrace(
      await readUserFile(file, 'CSV file with timestamp, input_tokens, output_tokens'),
      file,
      requests,
    );
  }
  const mix = parseBy(mixSchema, await readYaml(file, 'file of phases (YAML)'));
  const drawn = drawMix(seed === undefined ? mix : { ...mix, seed: wholeFlag('seed', seed, 0) });
  if (drawn.at_s.length < 2) {
    throw new RidgeError('fewer than two requests arrive', { where: file, mend: 'Raise seconds or rates.' });
  }
  const first = <Value>(values: readonly Value[]): readonly Value[] => values.slice(0, requests);
  return {
    at_s: first(drawn.at_s),
    input_tokens: first(drawn.input_tokens),
    output_tokens: first(drawn.output_tokens),
  };
}
