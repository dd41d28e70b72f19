import { cpus, hostname } from 'node:os';
import type { Calibration } from '../run/schema.ts';
import { VERSION } from '../version.ts';

/** What a calibration of this process's host holds for. */
export function thisHost(): Calibration['host'] {
  const processors = cpus();
  return {
    name: hostname(),
    cpu: processors[0]?.model.trim() || 'unknown',
    cores: processors.length,
    node_version: process.versions.node,
    ridge_version: VERSION,
  };
}
