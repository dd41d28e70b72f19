import { platform, release, totalmem } from 'node:os';
import { readHostCalibration } from '../calibrate/calibration-file.ts';
import { thisHost } from '../calibrate/this-host.ts';
import type { HostFacts } from './protocol.ts';

/** What the record keeps of the agent's host. */
export function hostFacts(): HostFacts {
  const host = thisHost();
  const { ridge_version: agent_version, ...facts } = host;
  return {
    ...facts,
    platform: `${platform()} ${release()}`,
    memory_bytes: totalmem(),
    agent_version,
    calibration: readHostCalibration(host),
  };
}

/** Wall clock in seconds, with the resolution of the monotonic clock. */
export const wallClockSeconds = (): number => (performance.timeOrigin + performance.now()) / 1000;
