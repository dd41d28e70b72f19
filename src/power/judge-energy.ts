import { type DeviceEnergy, deviceEnergy, type Interval } from './energy.ts';
import { type EnergyReason, energyReason, ENERGY_LIMITS as LIMITS, longestGapOf } from './energy-codes.ts';
import { judgeThrottling } from './judge-throttling.ts';
import type { PowerFacts, PowerSample } from './sample.ts';

/** Everything that a cell's energy is taken from. */
export interface EnergyEvidence {
  readonly facts: PowerFacts;
  /** Of all devices, in order of arrival; from some seconds before the window to some after. */
  readonly samples: readonly PowerSample[];
  readonly window: Interval | null;
  /** Devices that the target uses, as the source names them. */
  readonly expected: readonly string[];
  readonly rowsSkipped: number;
  /** Rows of a recording whose time cannot be read: any of them may belong to this window. */
  readonly rowsUntimed: number;
  /** Why the source ended early; null: it did not. */
  readonly failed: string | null;
  readonly tokens: number;
  /** Why the window could not be as long as the source needs, `the trace ended`; absent: nothing cut it. */
  readonly cut?: string | undefined;
}

export interface JudgedEnergy {
  readonly devices: readonly DeviceEnergy[];
  /** Energy of all expected devices over the window: counters where all of them are usable, else integrals. Null when rejected. */
  readonly energy_j: number | null;
  readonly taken_from: 'counter' | 'integral' | null;
  /** Of all devices, (counter - integral) / integral; null without both. */
  readonly counter_disagreement: number | null;
  readonly reasons: readonly EnergyReason[];
}

/** Energy of a window and what is to be said about it, each reason once, in order of discovery. Never judges a cell's timings. */
export function judgeEnergy(evidence: EnergyEvidence): JudgedEnergy {
  const { window, facts, samples, expected } = evidence;
  if (window === null || !(window.to_s > window.from_s)) {
    return rejected([energyReason('window_invalid', `the cell has no steady window${because(evidence)}`)]);
  }
  if (samples.length === 0) {
    return rejected([
      energyReason('telemetry_missing', evidence.failed ?? `${facts.source} gave no reading`),
    ]);
  }
  const byDevice = Map.groupBy(samples, ({ device }) => device);
  const reach = longestGapOf(facts.interval_s);
  const devices = expected.map((device) =>
    deviceEnergy(device, byDevice.get(device) ?? [], window, facts.counter_range_j, reach),
  );
  const integrals =
    facts.averaging === 'counter' && facts.has_counter ? null : sumOf(devices.map((one) => one.integral_j));
  const counters = sumOf(devices.map(({ counter }) => (counter.state === 'ok' ? counter.energy_j : null)));
  const reasons = [
    ...judgeSource(evidence, byDevice),
    ...devices.flatMap((device) => judgeDevice(device, evidence, counters !== null)),
    ...judgeWindow(evidence, window, counters !== null),
    ...judgeCounter(devices, facts, integrals, counters),
    ...judgeThrottling(samples, expected, window),
  ];
  const valid = !reasons.some(({ effect }) => effect === 'reject');
  return {
    devices,
    energy_j: valid ? (counters ?? integrals) : null,
    taken_from: valid ? (counters !== null ? 'counter' : 'integral') : null,
    counter_disagreement: integrals === null || counters === null ? null : counters / integrals - 1,
    reasons: onceEach(reasons),
  };
}

const because = ({ cut }: Pick<EnergyEvidence, 'cut'>): string => (cut === undefined ? '' : `: ${cut}`);

const rejected = (reasons: readonly EnergyReason[]): JudgedEnergy => ({
  devices: [],
  energy_j: null,
  taken_from: null,
  counter_disagreement: null,
  reasons,
});

const sumOf = (values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((sum, value) => (sum === null || value === null ? null : sum + value), 0);

const onceEach = (reasons: readonly EnergyReason[]): EnergyReason[] =>
  [...new Map(reasons.toReversed().map((reason) => [reason.code, reason])).values()].toReversed();

function judgeSource(
  { expected, failed, rowsSkipped, rowsUntimed, facts }: EnergyEvidence,
  byDevice: ReadonlyMap<string, unknown>,
): EnergyReason[] {
  const missing = expected.filter((device) => !byDevice.has(device));
  return [
    ...(failed === null ? [] : [energyReason('telemetry_missing', failed)]),
    ...(missing.length === 0 && expected.length > 0
      ? []
      : [
          energyReason(
            'device_missing',
            `${facts.source} reads ${[...byDevice.keys()].join(', ')}; the target uses ${expected.join(', ') || 'none of them'}`,
          ),
        ]),
    ...(facts.clock_offset_bound_s === null
      ? [
          energyReason(
            'clock_offset_unknown',
            `readings of ${facts.source} are stamped by another host, whose clock does not show in its answers`,
          ),
        ]
      : []),
    ...(rowsUntimed === 0
      ? []
      : [energyReason('timestamp_invalid', `${rowsUntimed} rows of ${facts.source} have no time`)]),
    ...(rowsSkipped === 0
      ? []
      : [energyReason('rows_skipped', `${rowsSkipped} rows of ${facts.source} could not be read`)]),
  ];
}

/** A usable counter brackets by itself; the integral is then only its check. */
function judgeDevice(
  one: DeviceEnergy,
  { facts, cut }: Pick<EnergyEvidence, 'facts' | 'cut'>,
  countersUsable: boolean,
): EnergyReason[] {
  if (one.bad)
    return [energyReason('power_cell_invalid', `device ${one.device} gave a broken power reading`)];
  if (countersUsable) return [];
  if (one.lacks !== null) return [energyReason('column_missing', `${facts.source}: ${one.lacks}`)];
  if (!one.bracketed) {
    return [
      energyReason('not_bracketed', `device ${one.device} has no reading before the window or none after it`),
    ];
  }
  const gap =
    one.longest_gap_s > longestGapOf(facts.interval_s)
      ? [
          energyReason(
            'gap_exceeded',
            `${one.longest_gap_s.toFixed(1)} s between readings of device ${one.device}`,
          ),
        ]
      : [];
  const few =
    one.samples < LIMITS.fewest_samples
      ? [
          energyReason(
            'too_few_samples',
            `${one.samples} readings of device ${one.device} in the window${because({ cut })}`,
          ),
        ]
      : [];
  return [...gap, ...few];
}

function judgeWindow(
  { facts, tokens, cut }: EnergyEvidence,
  window: Interval,
  countersUsable: boolean,
): EnergyReason[] {
  const length = window.to_s - window.from_s;
  const slow = facts.averaging === '1s' || facts.interval_s >= LIMITS.slow_interval_s;
  const reasons: EnergyReason[] = [];
  if (length < LIMITS.shortest_window_s) {
    reasons.push(
      energyReason('window_too_short', `the window is ${length.toFixed(1)} s long${because({ cut })}`),
    );
  } else if (slow && !countersUsable && length < LIMITS.short_for_slow_sensor_s) {
    reasons.push(
      energyReason(
        'window_short_for_sensor',
        `${length.toFixed(0)} s with a sensor that is read or averages over 1 s${because({ cut })}`,
      ),
    );
  }
  if (tokens <= 0) reasons.push(energyReason('no_tokens', 'no token arrived inside the window'));
  return reasons;
}

function judgeCounter(
  devices: readonly DeviceEnergy[],
  facts: PowerFacts,
  integral: number | null,
  counter: number | null,
): EnergyReason[] {
  if (!facts.has_counter) return [];
  const broken = devices.flatMap(({ device, counter: { state } }) =>
    state === 'ok'
      ? []
      : [energyReason(`counter_${state}`, `of device ${device}; the integral of power is taken`)],
  );
  if (integral === null || counter === null) return broken;
  const disagreement = counter / integral - 1;
  if (Math.abs(disagreement) <= LIMITS.counter_share) return broken;
  const percent = (100 * disagreement).toFixed(1);
  return [
    ...broken,
    energyReason('counter_disagrees', `the counter is ${percent} % off the integral of power`),
  ];
}
