import type { Energy } from '../run/energy-schema.ts';
import { energyReason } from './energy-codes.ts';

type Half = NonNullable<Energy['halves']>[number];
type Joules = Energy['joules_per_output_token'];

/** One server of a pair over the window: its energy, and the tokens that are its own work. */
export interface PairHalf {
  readonly energy: Energy;
  readonly tokens: number;
}

/** What the pair made in its window. */
interface PairProduced {
  readonly outputTokens: number;
  readonly inputTokens: number;
  readonly requests: number;
  readonly seconds: number;
}

/**
 * Energy of a pair: the sum of its two servers, each of which stands beside it with what a token of its own work costs.
 * @param prefill null: the devices of the prefill server are not read, and there is no sum
 */
export function pairEnergy(prefill: PairHalf | null, decode: PairHalf, produced: PairProduced): Energy {
  const own = { ...decode.energy, halves: [halfOf('decode', decode, produced.seconds)] };
  if (prefill === null) {
    return { ...withoutSum(own), reasons: [...own.reasons, MISSING] };
  }
  const others = prefill.energy;
  const energy_j = sum(others.energy_j, own.energy_j);
  const idle_power_w = sum(others.idle_power_w, own.idle_power_w);
  const above = above_j(energy_j, idle_power_w, produced.seconds);
  const per = (count: number): Joules => perOne(energy_j, above, count);
  return {
    ...own,
    energy_j,
    taken_from: energy_j === null ? null : others.taken_from === own.taken_from ? own.taken_from : 'integral',
    counter_disagreement_percent: disagreement(others, own),
    power_w: sum(others.power_w, own.power_w),
    idle_power_w,
    joules_per_output_token: per(produced.outputTokens),
    joules_per_total_token: per(produced.outputTokens + produced.inputTokens),
    joules_per_request: per(produced.requests),
    devices: [...others.devices.map((one) => ({ ...one, device: `prefill:${one.device}` })), ...own.devices],
    reasons: [
      ...others.reasons.map((one) => ({ ...one, message: `prefill server: ${one.message}` })),
      ...own.reasons,
    ],
    halves: [halfOf('prefill', prefill, produced.seconds), ...own.halves],
  };
}

const MISSING = energyReason(
  'device_missing',
  'the devices of the prefill server are not read: name their source in prefill.power of the lab file',
);

const withoutSum = (energy: Energy): Energy => ({
  ...energy,
  energy_j: null,
  taken_from: null,
  power_w: null,
  idle_power_w: null,
  joules_per_output_token: null,
  joules_per_total_token: null,
  joules_per_request: null,
});

function halfOf(role: Half['role'], { energy, tokens }: PairHalf, seconds: number): Half {
  const { source, energy_j, taken_from, power_w, idle_power_w } = energy;
  const joules_per_token = perOne(energy_j, above_j(energy_j, idle_power_w, seconds), tokens);
  return { role, source, energy_j, taken_from, power_w, idle_power_w, joules_per_token };
}

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

const above_j = (energy_j: number | null, idle_w: number | null, seconds: number): number | null =>
  energy_j === null || idle_w === null ? null : energy_j - idle_w * seconds;

const perOne = (energy_j: number | null, above: number | null, count: number): Joules =>
  energy_j === null || count <= 0
    ? null
    : { gross: energy_j / count, above_idle: above === null ? null : above / count };

/** Of both together, weighted by their energies; null where one has no counter beside its integral. */
function disagreement(a: Energy, b: Energy): number | null {
  const [left, right] = [a.counter_disagreement_percent, b.counter_disagreement_percent];
  const all = sum(a.energy_j, b.energy_j);
  if (left === null || right === null || all === null) return null;
  return (left * a.energy_j! + right * b.energy_j!) / all;
}
