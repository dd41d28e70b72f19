import type { Observation } from '../../../src/fit/observations.ts';
import { pooled, type Score, type Targets } from '../score.ts';
import { type Block, hasTp, type Named } from './block.ts';
import { GPT_OSS_B200, GPT_OSS_H100, MINIMAX_B200, MINIMAX_H100 } from './sets.ts';

/** Rows of gpt-oss on H100 that break the curve of their neighbours, as TP, shape and load. */
const OUTLIERS = new Set(['4 1024/1024 32', '4 1024/8192 16', '8 1024/1024 64', '8 1024/8192 8']);

const isOutlier = (one: Observation): boolean =>
  OUTLIERS.has(`${one.engine.tensorParallel} ${one.input_tokens}/${one.output_tokens} ${one.concurrency}`);

/** A line of gpt-oss on H100 without the listed rows. */
function withoutOutliers(name: string, line: Score, targets: Targets | null): Score {
  const { outcome } = line;
  if (outcome.state === 'refused') return line;
  const errors = outcome.errors.filter(({ observation }) => !isOutlier(observation));
  return { ...line, name, targets, repeated: true, outcome: { ...outcome, errors, baselines: [] } };
}

const MOE: readonly Named[] = [GPT_OSS_H100, GPT_OSS_B200, MINIMAX_H100, MINIMAX_B200];
const MOE_MEAN: Targets = { tpot: 8, source: 'goal' };

/** Mixtures of experts in sample, pooled. */
const EXPERTS: Block = {
  code: 'M',
  ask: (bench) => {
    const each = MOE.map(({ name, data }) =>
      bench.inSample({ block: 'M', name: `${name}, in sample`, targets: null }, data()),
    );
    const all = (name: string, targets: Targets | null): Score => pooled(name, each, targets);
    const clean = each.map((line, index) =>
      MOE[index] === GPT_OSS_H100 ? withoutOutliers(line.name, line, null) : line,
    );
    return [
      ...each,
      all('pooled in sample: target on the median', { tpot: 3.5, source: 'goal', on: 'median' }),
      pooled('pooled in sample, without 4 listed outliers', clean, MOE_MEAN),
      all('pooled in sample, with them', null),
    ];
  },
};

/** Interpolation between TP sizes; the H100 rows hold listed outliers, which count. */
const M1: Block = {
  code: 'M1',
  ask: (bench) =>
    [GPT_OSS_H100, GPT_OSS_B200].flatMap(({ name, data }) => {
      const line = bench.holdOut(
        { block: 'M1', name: `${name}, TP 4`, targets: { tpot: 7, ttft: 13, source: 'gate' } },
        data(),
        hasTp(4),
      );
      return name.includes('H100')
        ? [line, withoutOutliers(`${name}, TP 4, without 2 listed outliers`, line, null)]
        : [line];
    }),
};

export const EXPERT_BLOCKS: readonly Block[] = [EXPERTS, M1];
