import type { CalibratedRate, Calibration, HostCalibration } from '../run/schema.ts';

type CalibratedHost = Calibration['host'];

/** What is known of a host's client: the newest calibration that still holds; else why the newest one does not. */
export function calibrationOf(all: readonly Calibration[], host: CalibratedHost): HostCalibration {
  const own = all
    .filter((one) => one.host.name === host.name)
    .sort((a, b) => b.calibrated_at.localeCompare(a.calibrated_at));
  const holds = own.find((one) => difference(one.host, host) === null);
  if (holds !== undefined) return { state: 'calibrated', ...holds };
  const [newest] = own;
  if (newest === undefined) return { state: 'none' };
  const { calibrated_at } = newest;
  return { state: 'stale', calibrated_at, why: difference(newest.host, host)! };
}

/** What makes a calibration of then worth nothing now; null: nothing does. */
function difference(then: CalibratedHost, now: CalibratedHost): string | null {
  if (then.cpu !== now.cpu) return `the processor was ${then.cpu}, it is ${now.cpu}`;
  if (then.cores !== now.cores) return `there were ${then.cores} cores, there are ${now.cores}`;
  if (major(then.node_version) !== major(now.node_version))
    return `it was Node ${then.node_version}, it is ${now.node_version}`;
  if (major(then.ridge_version) !== major(now.ridge_version))
    return `it was ridge ${then.ridge_version}, it is ${now.ridge_version}`;
  return null;
}

const major = (version: string): string => version.replace(/^v/, '').split('.')[0]!;

/** Calibrations of the same host, processor and Node take each other's place; all others stay. */
export function withCalibration(all: readonly Calibration[], added: Calibration): Calibration[] {
  const key = ({ host }: Calibration): string => JSON.stringify([host.name, host.cpu, host.node_version]);
  return [...all.filter((one) => key(one) !== key(added)), added];
}

/** The rate that so many threads were calibrated for: that of as many, or else of the next fewer. */
export function rateFor(calibration: HostCalibration, workers: number): CalibratedRate | null {
  if (calibration.state !== 'calibrated') return null;
  return calibration.rates.filter((rate) => rate.workers <= workers).at(-1) ?? null;
}
