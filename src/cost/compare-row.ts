import type { CostBasis, DeviceCost, PowerKind } from './basis.ts';
import type { BreakEven } from './break-even.ts';
import { linearBreakEven, priceBreakEven, tariffBreakEven } from './break-even.ts';
import type { RequestCost } from './dollars.ts';
import type { BenefitInterval } from './intervals.ts';
import type { Origin, UncertainSource } from './phase-source.ts';
import type { PlanLatency } from './plan-latencies.ts';
import type { WholeChoice } from './ratio.ts';
import type { RowPart } from './row-part.ts';
import type { Sensitivity } from './sensitivity.ts';

/** A device of a comparison with what it costs on the basis. */
export interface ComparedDevice {
  readonly source: UncertainSource;
  readonly cost: DeviceCost;
  /** Its cost with the watts of a fit's power model; absent: the basis does not bill them. */
  readonly metered?: ((kw: number) => DeviceCost) | undefined;
}

/** Devices of both pools: per request, and in whole devices and whole nodes. */
export interface Ratio {
  /** Prefill devices for each decode device, rate-matched. */
  readonly fractional: number;
  readonly whole_devices: WholeChoice | null;
  readonly whole_nodes: WholeChoice | null;
}

/** How a row is run. */
export interface RowPlan {
  readonly prefill_tp: number;
  readonly prefill_batch: number;
  /** Of a prefill worker: the highest at which its queue still meets the objectives; null for aggregated serving. */
  readonly prefill_utilisation: number | null;
  readonly decode_tp: number;
  readonly decode_batch: number;
  /** Exposed on the second token, ms; null for aggregated serving. */
  readonly transfer_ms: number | null;
}

/** One option of a comparison as it is printed. Latencies in milliseconds. */
export interface CompareRow {
  readonly name: string;
  readonly kind: 'pair' | 'aggregated';
  readonly prefill: string;
  readonly decode: string;
  /** The less sure of both devices'. */
  readonly origin: Origin;
  readonly cost: RequestCost;
  readonly parts: readonly RowPart[];
  readonly output_tokens_per_s_per_device: number;
  readonly output_tokens_per_usd: number;
  /** 1000/TPOT. */
  readonly output_tokens_per_s_per_user: number;
  /** By the statistic of the objective on it; mean where there is none. */
  readonly ttft_ms: number;
  readonly ttft_mean_ms: number;
  readonly tpot_ms: number;
  /** Time between two tokens by the statistic of the objective on it; null where there is none. */
  readonly tbt_ms: number | null;
  readonly e2e_mean_ms: number;
  /** One for each objective, in their order. */
  readonly latencies: readonly PlanLatency[];
  /** Null for aggregated serving. */
  readonly ratio: Ratio | null;
  /** Mean power of a device, by its fit or as the basis states it, W, and energy of an output token, J; null where it states none. */
  readonly power_w_per_device: number | null;
  readonly joules_per_output_token: number | null;
  /** What the power figure is, by phase where they differ. */
  readonly power_kinds: readonly PowerKind[];
  /** The baseline's cost over this one's. */
  readonly benefit: number | null;
  readonly uncertainty: BenefitInterval | null;
  readonly plan: RowPlan;
  /** Most sequences that were measured together on the decode device, where the plan's batch is larger; else null. */
  readonly beyond_measured_batch: number | null;
  readonly break_even: RowBreakEvens | null;
  /** What moves the benefit, the widest first; empty for the baseline. */
  readonly sensitivity: readonly Sensitivity[];
  /** Within the budget that was asked; null without one, or where not one worker of each pool fits it. */
  readonly budget: BudgetShare | null;
}

export interface BudgetShare {
  readonly requests_per_s: number;
  readonly devices: string;
  readonly usd_per_h: number;
  readonly kw: number | null;
  /** Requests a second over the baseline's within the same budget; for a rate the baseline's cost of an hour over this one's. */
  readonly benefit: number | null;
}

/** What would have to be true for a row to cost what the baseline does, its plan kept. */
export interface RowBreakEvens {
  /** Tariff, $/kWh. */
  readonly tariff: BreakEven | null;
  /** Price of the decode device, $. */
  readonly decode_price: BreakEven | null;
  /** Speed of the decode device as a multiple of the one assumed. */
  readonly decode_speed: BreakEven;
}

const ofPart = ({ device_seconds, cost }: RowPart): number => (device_seconds * cost.usd_per_h) / 3600;

/** Break-evens of a row against the baseline's cost. */
export function breakEvens(
  row: Pick<CompareRow, 'parts'>,
  baseline: Pick<CompareRow, 'parts'>,
  basis: CostBasis,
): RowBreakEvens {
  const target = baseline.parts.reduce((sum, part) => sum + ofPart(part), 0);
  const decode = row.parts.at(-1)!;
  const rest = row.parts.slice(0, -1).reduce((sum, part) => sum + ofPart(part), 0);
  return {
    tariff: tariffOf(row, baseline, basis),
    decode_price: priceOf(decode, 3600 * target, 3600 * rest),
    // Cost is linear in the inverse of the speed.
    decode_speed: inverse(
      linearBreakEven({ fixed: rest, slope: ofPart(decode) }, { fixed: target, slope: 0 }),
    ),
  };
}

const inverse = (one: BreakEven): BreakEven =>
  one.state === 'found' && one.value > 0
    ? { state: 'found', value: 1 / one.value }
    : { state: 'none_in_range', low: 0, high: Number.POSITIVE_INFINITY };

function tariffOf(
  row: Pick<CompareRow, 'parts'>,
  baseline: Pick<CompareRow, 'parts'>,
  { usd_per_kwh }: CostBasis,
): BreakEven | null {
  if (usd_per_kwh === null) return null;
  const shares = ({ parts }: Pick<CompareRow, 'parts'>) =>
    parts.map(({ device_seconds, cost }) => ({
      g: device_seconds,
      a: cost.usd_per_h - cost.components.electricity,
      k: cost.kw_billed ?? 0,
    }));
  return tariffBreakEven(shares(row), shares(baseline));
}

/** Price at which a part brings the row to the target; what does not depend on the price stays. */
function priceOf({ device_seconds: g, cost }: RowPart, target: number, rest: number): BreakEven | null {
  const { usd_per_h_per_usd, price_usd } = cost;
  if (usd_per_h_per_usd === null || price_usd === null) return null;
  const unpriced = g * (cost.usd_per_h - usd_per_h_per_usd * price_usd);
  return priceBreakEven(target, rest + unpriced, usd_per_h_per_usd, g);
}
