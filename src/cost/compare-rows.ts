import type { DeviceCost } from './basis.ts';
import type { ComparedDevice, CompareRow } from './compare-row.ts';
import { requestCost } from './dollars.ts';
import { nodeOf } from './nodes.ts';
import { latencyOfPair } from './pair-plan.ts';
import { decodeTokens } from './phase-plans.ts';
import type { Origin, PhaseSource } from './phase-source.ts';
import { costInRole, decodeWatts, mixedWatts, prefillWatts } from './plan-power.ts';
import { type Pool, wholeChoice } from './ratio.ts';
import type { RowPart } from './row-part.ts';
import type { SearchedOption, SearchQuestion } from './search.ts';
import type { Objective } from './workload.ts';

/** What is told of a row once it stands beside others. */
type Compared = 'benefit' | 'uncertainty' | 'break_even' | 'sensitivity' | 'budget' | 'latencies';

/** A row before it is compared, with the pools that it is made of. */
export interface BareRow {
  readonly row: Omit<CompareRow, Compared>;
  readonly pools:
    | { readonly kind: 'pair'; readonly prefill: Pool; readonly decode: Pool }
    | { readonly kind: 'aggregated'; readonly pool: Pool };
}

const SURENESS: readonly Origin[] = ['fit', 'uniform_efficiency', 'carried_fit', 'spec_sheet'];
const lessSure = (a: Origin, b: Origin): Origin => (SURENESS.indexOf(a) > SURENESS.indexOf(b) ? a : b);

/** An option that was found, in the units that people read; null where it meets no plan. */
export function rowOf(
  option: SearchedOption,
  devices: readonly ComparedDevice[],
  question: SearchQuestion,
): BareRow | null {
  return option.kind === 'pair'
    ? pairRow(option, devices, question)
    : aggregatedRow(option, devices, question);
}

const beyond = ({ measured_batch }: PhaseSource, batch: number): number | null =>
  measured_batch !== null && batch > measured_batch ? measured_batch : null;

function poolOf({ source }: ComparedDevice, cost: DeviceCost, tp: number, deviceSeconds: number): Pool {
  return {
    tp,
    rate: tp / deviceSeconds,
    usd_per_h: cost.usd_per_h,
    kw: cost.power_kw,
    node_devices: nodeOf(source.central.accelerator.id).devices,
  };
}

/** Figures that follow from the parts of a request. */
function shared(parts: readonly RowPart[], output: number, usd: number, tpot: number) {
  const seconds = parts.reduce((sum, { device_seconds }) => sum + device_seconds, 0);
  const joules = parts.every(({ cost }) => cost.power_kw !== null)
    ? parts.reduce((sum, { device_seconds, cost }) => sum + device_seconds * 1e3 * cost.power_kw!, 0)
    : null;
  return {
    output_tokens_per_s_per_device: output / seconds,
    output_tokens_per_usd: output / usd,
    output_tokens_per_s_per_user: 1 / tpot,
    power_w_per_device: joules === null ? null : joules / seconds,
    joules_per_output_token: joules === null ? null : joules / output,
    power_kinds: [...new Set(parts.flatMap(({ cost }) => cost.power_kind ?? []))],
  };
}

function pairRow(
  { prefill, decode, plan }: Extract<SearchedOption, { kind: 'pair' }>,
  devices: readonly ComparedDevice[],
  { workload, rules, objectives }: SearchQuestion,
): BareRow | null {
  if (plan === null) return null;
  const asked = (metric: 'tbt' | 'tpot') => objectives.find((one) => one.metric === metric) ?? null;
  const [p, d] = [devices[prefill]!, devices[decode]!];
  const [gP, gD] = [plan.prefill.device_seconds, plan.decode.device_seconds];
  const pCost = costInRole(p, prefillWatts(p, plan.prefill, workload));
  const dCost = costInRole(d, decodeWatts(d, plan.decode, workload, rules));
  const pools = {
    kind: 'pair',
    prefill: poolOf(p, pCost, plan.prefill.tp, gP),
    decode: poolOf(d, dCost, plan.decode.tp, gD),
  } as const;
  const [from, to] = [p.source.central, d.source.central];
  const parts: RowPart[] = [
    { device: from.label, role: 'prefill', device_seconds: gP, cost: pCost },
    { device: to.label, role: 'decode', device_seconds: gD, cost: dCost },
  ];
  const cost = requestCost(
    { prefill: gP, decode: gD },
    { prefill: pCost.usd_per_h, decode: dCost.usd_per_h },
    workload,
  );
  const tokens = decodeTokens(workload, rules);
  const tpot = plan.decode.tpot_s + plan.transfer_s / tokens;
  const at = (objective: Objective): number =>
    latencyOfPair(objective, { ...plan, ttftAt: plan.prefill.ttftAt }, to, workload, rules);
  const [gap, pace] = [asked('tbt'), asked('tpot')];
  const tpotAsked = pace === null ? tpot : at(pace);
  return {
    pools,
    row: {
      name: `${from.label}::${to.label}`,
      kind: 'pair',
      prefill: from.label,
      decode: to.label,
      origin: lessSure(from.origin, to.origin),
      cost,
      parts,
      ...shared(parts, workload.output, cost.usd_per_request, tpotAsked),
      ttft_ms: 1e3 * plan.prefill.ttft_s,
      ttft_mean_ms: 1e3 * plan.prefill.ttft_mean_s,
      tpot_ms: 1e3 * tpotAsked,
      tbt_ms: gap && 1e3 * at(gap),
      e2e_mean_ms: 1e3 * (plan.prefill.ttft_mean_s + tokens * tpot),
      ratio: {
        fractional: gP / gD,
        whole_devices: wholeChoice(pools.prefill, pools.decode, 'devices'),
        whole_nodes: wholeChoice(pools.prefill, pools.decode, 'nodes'),
      },
      beyond_measured_batch: beyond(to, plan.decode.batch),
      plan: {
        prefill_tp: plan.prefill.tp,
        prefill_batch: plan.prefill.batch,
        prefill_utilisation: plan.prefill.utilisation,
        decode_tp: plan.decode.tp,
        decode_batch: plan.decode.batch,
        transfer_ms: 1e3 * plan.transfer_s,
      },
    },
  };
}

function aggregatedRow(
  { device, plan, usd_per_request }: Extract<SearchedOption, { kind: 'aggregated' }>,
  devices: readonly ComparedDevice[],
  { workload, rules }: SearchQuestion,
): BareRow | null {
  if (plan === null || usd_per_request === null) return null;
  const one = devices[device]!;
  const ownCost = costInRole(one, mixedWatts(one, plan, workload));
  const { label, origin } = one.source.central;
  const parts: RowPart[] = [
    { device: label, role: 'both', device_seconds: plan.device_seconds, cost: ownCost },
  ];
  const prompts = plan.prompt_share * plan.device_seconds;
  const seconds = { prefill: prompts, decode: plan.device_seconds - prompts };
  const hourly = { prefill: ownCost.usd_per_h, decode: ownCost.usd_per_h };
  const cost = requestCost(seconds, hourly, workload);
  return {
    pools: { kind: 'aggregated', pool: poolOf(one, ownCost, plan.tp, plan.device_seconds) },
    row: {
      name: label,
      kind: 'aggregated',
      prefill: label,
      decode: label,
      origin,
      cost,
      parts,
      ...shared(parts, workload.output, cost.usd_per_request, plan.tpot_s),
      ttft_ms: 1e3 * plan.ttft_s,
      ttft_mean_ms: 1e3 * plan.ttft_mean_s,
      tpot_ms: 1e3 * plan.tpot_s,
      tbt_ms: plan.tbt_s === null ? null : 1e3 * plan.tbt_s,
      e2e_mean_ms: 1e3 * (plan.ttft_mean_s + decodeTokens(workload, rules) * plan.tpot_mean_s),
      ratio: null,
      beyond_measured_batch: beyond(one.source.central, plan.batch),
      plan: {
        prefill_tp: plan.tp,
        prefill_batch: 1,
        prefill_utilisation: null,
        decode_tp: plan.tp,
        decode_batch: plan.batch,
        transfer_ms: null,
      },
    },
  };
}
