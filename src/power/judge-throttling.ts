import type { Interval } from './energy.ts';
import { type EnergyReason, energyReason } from './energy-codes.ts';
import type { PowerSample, ThrottleReason } from './sample.ts';

/** What slowed the target's devices down inside the window: a brake spoils it, a software power cap is normal. */
export function judgeThrottling(
  samples: readonly PowerSample[],
  expected: readonly string[],
  { from_s, to_s }: Interval,
): EnergyReason[] {
  const inside = samples.filter(
    ({ device, at_s, throttle }) =>
      throttle !== null && at_s >= from_s && at_s < to_s && expected.includes(device),
  );
  const share = (reason: ThrottleReason): number =>
    inside.filter(({ throttle }) => throttle!.includes(reason)).length / Math.max(1, inside.length);
  const percent = (value: number): string => `${Math.ceil(100 * value)} % of the readings`;
  const slowed = Math.max(share('thermal'), share('hardware_brake'));
  const capped = share('power_cap');
  return [
    ...(slowed > 0
      ? [energyReason('throttled', `thermal limit or hardware brake in ${percent(slowed)}`)]
      : []),
    ...(capped > 0 ? [energyReason('power_capped', `power cap active in ${percent(capped)}`)] : []),
  ];
}
