import type { CostBasis } from '../cost/basis.ts';
import { longestOf } from '../cost/fleet/alone.ts';
import { POOLS, type PoolName } from '../cost/fleet/fleet.ts';
import type { Requests } from '../cost/fleet/requests.ts';
import { serviceOf } from '../cost/fleet/service.ts';
import { byPool, type Choices, type PricedService, type SizedFleet } from '../cost/fleet/sized-fleet.ts';
import { outside } from '../cost/sources/fit-notes.ts';
import { RidgeError } from '../errors.ts';
import { modelDifferences } from '../fit/same-model.ts';
import { readFit } from '../fitfile/read.ts';
import type { Fit } from '../fitfile/schema.ts';
import { MOST_DOUBLINGS } from '../predict/extrapolation.ts';

/** The fit of each pool. */
export type PoolFits = Readonly<Record<PoolName, Fit>>;

/**
 * Reads the fits of the pools: one for all, and others for the pools that only prefill or only decode.
 * @throws RidgeError (exit 2) for fits of different models
 */
export async function poolFits(
  file: string,
  own: { readonly prefill?: string; readonly decode?: string },
): Promise<PoolFits> {
  const fit = await readFit(file);
  const [prefill, decode] = await Promise.all(
    [own.prefill, own.decode].map((each) => (each === undefined ? fit : readFit(each))),
  );
  for (const other of [prefill!, decode!]) {
    const differ = modelDifferences(fit.model_card, other.model_card);
    if (differ.some((key) => key !== 'kv_bytes_per_element')) {
      throw new RidgeError(`fits of different models: ${fit.model_card.id} and ${other.model_card.id}`, {
        mend: 'The pools of a fleet serve one model in one precision.',
      });
    }
  }
  return { prefill: prefill!, decode: decode!, mixed: fit, shared: fit };
}

export const poolLabel = ({ accelerator, engine }: Fit): string => `${accelerator.id} ${engine.name}`;

/**
 * Servers of each pool by TP size, priced, without those that cannot hold the trace's longest request.
 * @param sizes TP sizes; null: those that each fit was measured at
 * @throws RidgeError (exit 2) where no size holds it, or where devices differ and no basis prices them
 */
export function choicesOf(
  fits: PoolFits,
  requests: Requests,
  sizes: readonly number[] | null,
  basis: CostBasis | null,
): Choices {
  const devices = new Set(Object.values(fits).map(({ accelerator }) => accelerator.id));
  if (basis === null && devices.size > 1) {
    throw new RidgeError(`devices of ${devices.size} kinds cannot be counted together`, {
      mend: 'Add --basis, see ridge fleet --help.',
    });
  }
  const made = new Map<Fit, readonly PricedService[]>();
  const of = (fit: Fit): readonly PricedService[] => {
    if (!made.has(fit)) made.set(fit, pricedServices(fit, sizes, basis));
    return made.get(fit)!;
  };
  const longest = longestOf(requests);
  return byPool((pool) => holding(of(fits[pool]), fits[pool], longest, pool));
}

function pricedServices(fit: Fit, sizes: readonly number[] | null, basis: CostBasis | null): PricedService[] {
  const usd_per_h = basis === null ? 1 : basis.costOf(fit.accelerator).usd_per_h;
  const measured = fit.range.tensor_parallel;
  const taken = measured.filter((tp) => sizes?.includes(tp) ?? true);
  if (taken.length === 0) {
    throw new RidgeError(`--tp: ${poolLabel(fit)} was measured at none of ${sizes!.join(', ')}`, {
      mend: `It was at ${measured.join(', ')}.`,
    });
  }
  return taken.map((tp) => ({ service: serviceOf(fit, tp, poolLabel(fit)), usd_per_h }));
}

/** How far the mean request of a trace lies outside what a fit saw, in doublings. */
const doublingsOutside = (fit: Fit, { input, output, count }: Requests): number => {
  const mean = (lengths: Int32Array): number => lengths.reduce((sum, one) => sum + one / count, 0);
  return outside(fit, { input: mean(input), output: mean(output) }, '').factors;
};

/** Whether a fit takes part so far outside what it was measured at that nothing bears on its draws. */
export const tooFar = (fits: PoolFits, requests: Requests): boolean =>
  POOLS.some((pool) => doublingsOutside(fits[pool], requests) > MOST_DOUBLINGS);

function holding(
  services: readonly PricedService[],
  { model_card }: Fit,
  longest: ReturnType<typeof longestOf>,
  pool: PoolName,
): readonly PricedService[] {
  const most = model_card.max_length_tokens;
  if (most !== null && longest.request > most) {
    throw new RidgeError(`the longest request of the trace is ${longest.request} tokens`, {
      mend: `${model_card.id} takes at most ${most}: leave such requests out of the trace.`,
    });
  }
  const needs = pool === 'prefill' ? longest.prompt : longest.request;
  const found = services.filter(({ service }) => service.kv_capacity_tokens >= needs);
  if (found.length > 0) return found;
  const largest = Math.max(...services.map(({ service }) => service.kv_capacity_tokens));
  throw new RidgeError(`the ${pool} pool's servers do not hold the longest request, ${needs} tokens`, {
    mend: `They hold at most ${Math.floor(largest)}: take larger --tp sizes.`,
  });
}

/** A fleet's own servers at a draw of what their fits are unsure of, one a pool, at the same prices. */
export function drawnChoices(
  fits: PoolFits,
  choices: Choices,
  { services }: SizedFleet,
  { draw, requests }: { readonly draw: number; readonly requests: Requests },
): Choices {
  return byPool((pool) => {
    const { tp, label } = services[pool];
    const { usd_per_h } = choices[pool].find(({ service }) => service === services[pool])!;
    const widths = 1 + doublingsOutside(fits[pool], requests);
    return [{ service: serviceOf(fits[pool], tp, label, { index: draw, widths }), usd_per_h }];
  });
}
