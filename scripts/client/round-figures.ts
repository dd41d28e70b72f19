import { median } from '../../src/stats/sorted.ts';
import type { ClientFigures } from './figures.ts';

/** CPU of the second client of each pair, of the first's. */
export interface CpuRatio {
  readonly ofSums: number;
  /** Of single pairs. */
  readonly least: number;
  readonly most: number;
  /** Standard error of the mean of the pairs' ratios; NaN of a single pair. */
  readonly error: number;
}

type Cpu = Pick<ClientFigures, 'cpuPerEvent'>;

/** Rounds of two clients at one load. Throws where the CPU of one was not sampled. */
export function cpuRatio(pairs: readonly (readonly [Cpu, Cpu])[]): CpuRatio {
  const [ofFirst, ofSecond] = [
    pairs.map(([first]) => cpuOf(first)),
    pairs.map(([, second]) => cpuOf(second)),
  ];
  const ratios = ofSecond.map((cpu, pair) => cpu / ofFirst[pair]!);
  const mean = sum(ratios) / ratios.length;
  const variance = sum(ratios.map((ratio) => (ratio - mean) ** 2)) / (ratios.length - 1);
  return {
    ofSums: sum(ofSecond) / sum(ofFirst),
    least: Math.min(...ratios),
    most: Math.max(...ratios),
    error: Math.sqrt(variance / ratios.length),
  };
}

/** Each figure's median over rounds; null where a round has none. */
export function medianFigures(rounds: readonly ClientFigures[]): ClientFigures {
  const keys = Object.keys(rounds[0]!) as (keyof ClientFigures)[];
  const medians = keys.map((key) => {
    const values = rounds.map((figures) => figures[key]);
    return [key, values.every((value) => value !== null) ? median(values) : null];
  });
  return Object.fromEntries(medians) as unknown as ClientFigures;
}

function cpuOf({ cpuPerEvent }: Cpu): number {
  if (cpuPerEvent === null) throw new Error('no samples of the CPU of a round');
  return cpuPerEvent;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
