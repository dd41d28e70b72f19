import { cpus, hostname, platform, release, totalmem } from 'node:os';
import { VERSION } from '../version.ts';
import type { HostFacts } from './protocol.ts';

/** What the record keeps of the agent's host. */
export function hostFacts(): HostFacts {
  const processors = cpus();
  return {
    name: hostname(),
    platform: `${platform()} ${release()}`,
    cpu: processors[0]?.model.trim() || 'unknown',
    cores: processors.length,
    memory_bytes: totalmem(),
    node_version: process.versions.node,
    agent_version: VERSION,
  };
}

/** Wall clock in seconds, with the resolution of the monotonic clock. */
export const wallClockSeconds = (): number => (performance.timeOrigin + performance.now()) / 1000;
