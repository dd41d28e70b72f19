import { meanGap, type StepGaps, withTraits } from '../../roofline/gap-tail.ts';
import { countedQuantiles } from '../../stats/counted-quantile.ts';
import { mixtureQuantiles } from '../../stats/spread-quantile.ts';
import type { Statistic } from '../queue.ts';
import type { Service } from './service.ts';
import type { Stretch } from './stretch.ts';
import type { Worker } from './worker.ts';

/** Gaps whose logarithms are closer are counted together; each keeps the mean of its kind. */
const BIN = 0.002;

interface Bin {
  plain: number;
  prompts: number;
  count: number;
}

/** Counts the gaps between the tokens of all requests: steps in which they decode, and waits before the first of those. */
export class GapMeter {
  readonly #bins = new Map<Service, Map<number, Bin>>();

  addStretch({ service }: Worker, { activity, step_s, steps, decoding }: Stretch): void {
    if (decoding === null || steps === 0) return;
    const { batch, context, waits } = decoding;
    const plain = activity === 'mixed' ? Math.min(step_s, service.decodeSeconds(batch, context)) : step_s;
    const prompts = step_s - plain;
    this.add(service, { plain, prompts, count: batch * steps - waits.length });
    for (const wait of waits) this.add(service, { plain: plain + wait, prompts, count: 1 });
  }

  /** @param gap seconds without prompts, what prompts add, and how often */
  add(service: Service, { plain, prompts, count }: Readonly<Bin>): void {
    if (count === 0) return;
    const own = this.#bins.get(service) ?? new Map<number, Bin>();
    this.#bins.set(service, own);
    const key = 2 * Math.round(Math.log(plain + prompts) / BIN) + (prompts > 0 ? 1 : 0);
    const bin = own.get(key) ?? { plain: 0, prompts: 0, count: 0 };
    own.set(key, bin);
    bin.plain += count * plain;
    bin.prompts += count * prompts;
    bin.count += count;
  }

  /** Gaps counted, and their sum, s. */
  get total(): { readonly count: number; readonly seconds: number } {
    let [count, seconds] = [0, 0];
    for (const bins of this.#bins.values()) {
      for (const bin of bins.values()) {
        count += bin.count;
        seconds += bin.plain + bin.prompts;
      }
    }
    return { count, seconds };
  }

  /** By a statistic over all gaps, s, as each server's own steps vary; 0 without any. */
  at(statistic: Statistic): number {
    const { count, seconds } = this.total;
    if (count === 0) return 0;
    if (statistic === 'mean') return seconds / count;
    const parts = [...this.#bins].map(([service, bins]) => {
      const gaps = gapsOf(bins);
      return {
        sample: withTraits(gaps, service.tp, service.traits, meanGap(gaps)),
        logSd: service.traits.step_spread,
      };
    });
    if (parts.some(({ logSd }) => logSd > 0)) return mixtureQuantiles(parts, [statistic])[0]!;
    const joined = (column: 'values' | 'counts'): Float64Array =>
      Float64Array.from(parts.flatMap(({ sample }) => [...sample[column]]));
    return countedQuantiles({ values: joined('values'), counts: joined('counts') }, [statistic])[0]!;
  }
}

function gapsOf(bins: ReadonlyMap<number, Bin>): StepGaps {
  const all = [...bins.values()];
  return {
    plain: Float64Array.from(all, ({ plain, count }) => plain / count),
    prompts: Float64Array.from(all, ({ prompts, count }) => prompts / count),
    counts: Float64Array.from(all, ({ count }) => count),
  };
}
