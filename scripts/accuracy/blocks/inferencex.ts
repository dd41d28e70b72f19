import { observationsFromRuns } from '../../../src/fit/from-runs.ts';
import type { Observation } from '../../../src/fit/observations.ts';
import type { CellRecord } from '../../../src/run/schema.ts';
import type { Bench } from '../bench.ts';
import { inferenceXRun } from '../data-sets.ts';
import { pooled, type Score, type Targets } from '../score.ts';
import { type Block, hasLoad, hasTp, isShape, type Named } from './block.ts';
import {
  AGG_GPT_OSS_B200,
  AGG_GPT_OSS_H100,
  AGG_GPT_OSS_TRT,
  INFERENCEX_SETS,
  type InferenceXSet,
} from './sets.ts';

const LOADS_TRAINED = [4, 16, 64];
const LOADS_BETWEEN = [8, 32];
const TOP_LOAD = 128;
const SHAPES_TRAINED = ['1024/1024', '8192/1024'];

const BETWEEN: Targets = { tpot: 8, ttft: 10, source: 'gate' };
const BEYOND: Targets = { tpot: 8, ttft: 13, source: 'gate' };
const UNSEEN_TP: Targets = { tpot: 7, ttft: 13, source: 'gate' };

type Is = (one: Observation) => boolean;
const both =
  (a: Is, b: Is): Is =>
  (one) =>
    a(one) && b(one);

interface Part {
  readonly block: string;
  readonly what: string;
  readonly training: Is;
  readonly testing: Is;
}

/** One question to the data sets that measured what it asks, each with a fit of its own; a last line over all of their rows. */
function ask(bench: Bench, sets: readonly Named[], part: Part, targets: Targets): Score[] {
  const { block, what, training, testing } = part;
  const able = sets.filter(({ data }) => data().observations.some(testing));
  const each = able.map(({ name, data }) => {
    const dataset = data();
    return bench.predict(
      { block, name: `${name}, ${what}`, targets: null },
      dataset,
      dataset.observations.filter(training),
      dataset.observations.filter(testing),
    );
  });
  return [...each, pooled(`all ${sets.length}, ${what}`, each, targets)];
}

const trained = isShape(...SHAPES_TRAINED);

export const I1: Block = {
  code: 'I1',
  ask: (bench) => {
    const training = both(trained, hasLoad(...LOADS_TRAINED));
    const part = (what: string, ...loads: number[]): Part => ({
      block: 'I1',
      what,
      training,
      testing: both(trained, hasLoad(...loads)),
    });
    return [
      ...ask(bench, INFERENCEX_SETS, part('C 8, 32', ...LOADS_BETWEEN), BETWEEN),
      ...ask(bench, INFERENCEX_SETS, part('C 128', TOP_LOAD), BEYOND),
    ];
  },
};

export const I2: Block = {
  code: 'I2',
  ask: (bench) =>
    ask(
      bench,
      INFERENCEX_SETS,
      { block: 'I2', what: '1k/8k', training: trained, testing: isShape('1024/8192') },
      BEYOND,
    ),
};

export const I3: Block = {
  code: 'I3',
  ask: (bench) =>
    ask(
      bench,
      [AGG_GPT_OSS_H100, AGG_GPT_OSS_B200, AGG_GPT_OSS_TRT],
      { block: 'I3', what: 'TP 4', training: hasTp(2, 8), testing: hasTp(4) },
      UNSEEN_TP,
    ),
};

const cellOf = ({ target, cell }: CellRecord): string =>
  [target, cell.input_tokens, cell.output_tokens, cell.concurrency].join(' ');

/** The last repeat of every cell that has several, predicted by a fit of all before it; null where none was repeated. */
function later(bench: Bench, { name, where, statistic }: InferenceXSet): Score | null {
  const imported = inferenceXRun(where, statistic);
  const repeats = Map.groupBy(imported.records, cellOf);
  const isLast = (record: CellRecord): boolean => {
    const own = repeats.get(cellOf(record))!;
    return own.length > 1 && own.at(-1) === record;
  };
  const part = (keep: (record: CellRecord) => boolean) =>
    observationsFromRuns([{ ...imported, records: imported.records.filter(keep) }]);
  const question = { block: 'I4', name: `${name}, later run`, targets: null };
  if (!imported.records.some(isLast)) return null;
  const earlier = part((record) => !isLast(record));
  return bench.predict(question, earlier, earlier.observations, part(isLast).observations);
}

export const I4: Block = {
  code: 'I4',
  ask: (bench) => {
    const each = INFERENCEX_SETS.flatMap((set) => later(bench, set) ?? []);
    return [...each, pooled(`all ${each.length}, later run`, each, BETWEEN)];
  },
};

export const INFERENCEX_BLOCKS: readonly Block[] = [I1, I2, I3, I4];
