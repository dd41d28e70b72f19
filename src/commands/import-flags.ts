import { readFile } from 'node:fs/promises';
import { findAccelerator } from '../accelerator/catalogue.ts';
import { RidgeError } from '../errors.ts';
import { type ColumnMap, columnMapFrom, mapFileSchema, parseColumnMap } from '../import/csv-map.ts';
import type { CsvOptions, ImportOptions } from '../import/import-rows.ts';
import { parseWhere } from '../import/where.ts';
import type { Driving } from '../roofline/driving.ts';
import { parseBy, readYaml } from '../suite/load-file.ts';
import { optionalFlag, positiveFlag, wholeFlag, wholeListFlag } from './flags.ts';

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;

export const IMPORT_FLAGS = {
  out: text,
  where: texts,
  keep: texts,
  accelerator: text,
  engine: text,
  'model-config': text,
  attribution: text,
  statistic: text,
  'max-num-batched-tokens': text,
  'graph-sizes': text,
  'max-num-seqs': text,
  'kv-capacity-tokens': text,
  'kv-cache-dtype': text,
  json: { type: 'boolean', default: false },
  map: text,
  'map-file': text,
  driving: text,
  'requests-per-stream': text,
  jitter: text,
  missing: texts,
} as const;

export type ImportFlags = {
  readonly [Name in keyof typeof IMPORT_FLAGS]?: (typeof IMPORT_FLAGS)[Name] extends { multiple: true }
    ? string[]
    : (typeof IMPORT_FLAGS)[Name] extends { type: 'boolean' }
      ? boolean
      : string;
};

/**
 * What the flags say to every format.
 * @throws RidgeError (exit 2) naming the flag
 */
export async function commonOptions(flags: ImportFlags): Promise<ImportOptions> {
  const whole = (flag: 'max-num-batched-tokens' | 'max-num-seqs' | 'kv-capacity-tokens') =>
    optionalFlag(flags[flag], (value) => wholeFlag(flag, value, 1));
  return {
    where: (flags.where ?? []).flatMap(parseWhere),
    keep: flags.keep,
    accelerator: optionalFlag(flags.accelerator, (id) => findAccelerator(id).id),
    engine: optionalFlag(flags.engine, engineFlag),
    attribution: flags.attribution,
    statistic: optionalFlag(flags.statistic, statisticFlag),
    modelConfig: flags['model-config'] === undefined ? undefined : await readConfig(flags['model-config']),
    settings: {
      max_num_batched_tokens: whole('max-num-batched-tokens'),
      max_num_seqs: whole('max-num-seqs'),
      kv_capacity_tokens: whole('kv-capacity-tokens'),
      kv_cache_dtype: flags['kv-cache-dtype'],
      graph_sizes: optionalFlag(flags['graph-sizes'], graphSizesFlag),
    },
  };
}

/** `none`, or sizes separated by commas. */
const graphSizesFlag = (given: string): readonly number[] =>
  given === 'none' ? [] : wholeListFlag('graph-sizes', given, 1);

function engineFlag(given: string): { name: string; version: string | null } {
  const [, name, version] = /^([^@]+)(?:@(.+))?$/.exec(given) ?? [];
  if (name === undefined) throw new RidgeError(`--engine: '${given}' is not NAME@VERSION`);
  return { name, version: version ?? null };
}

function statisticFlag(given: string): 'mean' | 'median' {
  if (given === 'mean' || given === 'median') return given;
  throw new RidgeError(`--statistic: '${given}' is neither mean nor median`);
}

async function readConfig(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new RidgeError(
      code === 'ENOENT' ? 'no such file (--model-config)' : '--model-config is no JSON file',
      {
        where: file,
        mend: "Give the path of the model's config.json.",
        cause,
      },
    );
  }
}

/** What the flags say to the format `csv`, see `commonOptions`. */
export async function csvOptions(
  flags: ImportFlags,
): Promise<Pick<CsvOptions, 'map' | 'driving' | 'missing'>> {
  return { map: await mapOf(flags), driving: drivingOf(flags), missing: flags.missing };
}

async function mapOf(flags: ImportFlags): Promise<ColumnMap> {
  const { map, 'map-file': file } = flags;
  if (map !== undefined && file !== undefined) {
    throw new RidgeError('--map and --map-file do not go together', { mend: 'Leave out one of them.' });
  }
  if (map !== undefined) return parseColumnMap(map);
  if (file !== undefined) return columnMapFrom(parseBy(mapFileSchema, await readYaml(file, 'column map')));
  throw new RidgeError('csv needs to know the columns', {
    mend: 'Give --map COLUMN=FIELD,... or --map-file FILE; ridge import --help lists the fields.',
  });
}

function drivingOf(flags: ImportFlags): Driving {
  const jitter = optionalFlag(flags.jitter, jitterFlag) ?? [1, 1];
  const requests = flags['requests-per-stream'];
  if (requests !== undefined && flags.driving !== 'burst') {
    throw new RidgeError('--requests-per-stream belongs to --driving burst');
  }
  switch (flags.driving) {
    case 'steady':
      return { kind: 'steady', output_jitter: jitter };
    case 'batch':
      if (flags.jitter !== undefined) throw new RidgeError('--jitter does not go with --driving batch');
      return { kind: 'batch' };
    case 'burst':
      if (requests === undefined) {
        throw new RidgeError('--driving burst needs --requests-per-stream', {
          mend: 'The number of prompts divided by the concurrency.',
        });
      }
      return {
        kind: 'burst',
        requests_per_stream: positiveFlag('requests-per-stream', requests),
        input_jitter: jitter,
        output_jitter: jitter,
        statistic: optionalFlag(flags.statistic, statisticFlag) ?? 'mean',
      };
    default:
      throw new RidgeError(
        flags.driving === undefined
          ? 'how were the cells driven?'
          : `--driving: '${flags.driving}' is none of burst, steady, batch`,
        { mend: 'Give --driving burst, steady or batch; ridge import --help says what they are.' },
      );
  }
}

function jitterFlag(given: string): readonly [number, number] {
  const [low, high, ...others] = given.split('-').map((one) => positiveFlag('jitter', one));
  if (low !== undefined && high !== undefined && others.length === 0 && low <= high) return [low, high];
  throw new RidgeError(`--jitter: '${given}' is not LOW-HIGH`, { mend: 'For example --jitter 0.8-1.0.' });
}
