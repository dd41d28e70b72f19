import type { CostBasis } from '../cost/basis.ts';
import { type Longest, longestOf } from '../cost/fleet/alone.ts';
import { POOLS, type PoolName } from '../cost/fleet/fleet.ts';
import type { Requests } from '../cost/fleet/requests.ts';
import { type ServiceDraw, serviceOf } from '../cost/fleet/service.ts';
import {
  byPool,
  type Choices,
  choiceOf,
  type PricedService,
  type SizedFleet,
} from '../cost/fleet/sized-fleet.ts';
import { outside } from '../cost/sources/fit-notes.ts';
import type { Workload } from '../cost/workload.ts';
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

/** What is served: the requests, and how they are on average. */
export interface Traffic {
  readonly requests: Requests;
  readonly workload: Workload;
}

/**
 * Servers of each pool by TP size, priced, without those that cannot hold the trace's longest request. A static prefill pool
 * proposes nothing.
 * @param sizes TP sizes; null: those that each fit was measured at
 * @throws RidgeError (exit 2) where no size holds it, or where devices differ and no basis prices them
 */
export function choicesOf(
  fits: PoolFits,
  { requests, workload }: Traffic,
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
    if (!made.has(fit)) made.set(fit, pricedServices(fit, sizes, basis, workload));
    return made.get(fit)!;
  };
  const longest = longestOf(requests);
  return byPool((pool) =>
    holding(
      of(fits[pool]).map((one) => (pool === 'prefill' ? prefilling(fits[pool], one, workload) : one)),
      fits[pool],
      longest,
      pool,
      workload,
    ),
  );
}

function pricedServices(
  fit: Fit,
  sizes: readonly number[] | null,
  basis: CostBasis | null,
  workload: Workload,
): PricedService[] {
  const usd_per_h = basis === null ? 1 : basis.costOf(fit.accelerator).usd_per_h;
  const measured = fit.range.tensor_parallel;
  const taken = measured.filter((tp) => sizes?.includes(tp) ?? true);
  if (taken.length === 0) {
    throw new RidgeError(`--tp: ${poolLabel(fit)} was measured at none of ${sizes!.join(', ')}`, {
      mend: `It was at ${measured.join(', ')}.`,
    });
  }
  return taken.map((tp) => ({ service: serviceOf(fit, { tp, label: poolLabel(fit), workload }), usd_per_h }));
}

/** The same server where it computes prompts alone: it proposes nothing, unless it is lent. */
function prefilling(
  fit: Fit,
  { service, usd_per_h }: PricedService,
  workload: Workload,
  draw: ServiceDraw | null = null,
): PricedService {
  if (workload.speculation === undefined) return { service, usd_per_h };
  const { tp, label } = service;
  const silent = { ...workload, speculation: undefined, draft: undefined };
  return { service: serviceOf(fit, { tp, label, workload: silent }, draw), lent: service, usd_per_h };
}

/** How far the mean request of a trace lies outside what a fit saw, in doublings. */
const doublingsOutside = (fit: Fit, workload: Workload): number => outside(fit, workload, '').factors;

/** Whether a fit takes part so far outside what it was measured at that nothing bears on its draws. */
export const tooFar = (fits: PoolFits, workload: Workload): boolean =>
  POOLS.some((pool) => doublingsOutside(fits[pool], workload) > MOST_DOUBLINGS);

function holding(
  services: readonly PricedService[],
  { model_card }: Fit,
  longest: Longest,
  pool: PoolName,
  { draft }: Workload,
): readonly PricedService[] {
  const most = model_card.max_length_tokens;
  if (most !== null && longest.length > most) {
    throw new RidgeError(`the longest request of the trace is ${longest.length} tokens`, {
      mend: `${model_card.id} takes at most ${most}: leave such requests out of the trace.`,
    });
  }
  const needs = pool === 'prefill' ? longest.computed : longest.held;
  const found = services.filter(({ service }) => service.kv_capacity_tokens >= needs);
  if (found.length > 0) return found;
  const largest = Math.max(...services.map(({ service }) => service.kv_capacity_tokens));
  const beside = [
    ...(longest.cached > 0 ? [`the ${longest.cached} cached ones`] : []),
    ...(draft && pool !== 'prefill' ? [draft.id] : []),
  ];
  const all = beside.length === 0 ? '' : ` beside ${beside.join(' and ')}`;
  throw new RidgeError(`the ${pool} pool's servers do not hold the longest request, ${needs} tokens`, {
    mend: `They hold at most ${Math.floor(largest)}${all}: take larger --tp sizes${draft ? ', or a smaller --draft' : ''}.`,
  });
}

/** A fleet's own servers at a draw of what their fits are unsure of, one a pool, at the same prices. */
export function drawnChoices(
  fits: PoolFits,
  choices: Choices,
  { services }: SizedFleet,
  { draw, workload }: { readonly draw: number; readonly workload: Workload },
): Choices {
  return byPool((pool) => {
    const { tp, label } = services[pool];
    const { usd_per_h } = choiceOf(choices[pool], services[pool]);
    const own: ServiceDraw = { index: draw, widths: 1 + doublingsOutside(fits[pool], workload) };
    const drawn = { service: serviceOf(fits[pool], { tp, label, workload }, own), usd_per_h };
    return [pool === 'prefill' ? prefilling(fits[pool], drawn, workload, own) : drawn];
  });
}
