import { setTimeout as sleep } from 'node:timers/promises';
import { watchDevices } from './tools.ts';

export interface SamplingCost {
  readonly devices: number;
  readonly readings_per_s: number;
  /** CPU of this process alone, percent of one core: with the sampler, less without it. */
  readonly percent: number;
}

/**
 * What reading `nvidia-smi` at 10 Hz costs the process that reads it: parsing, stamping, keeping. The tool itself is another
 * process, as it is with the real one.
 */
export async function samplingCost(devices: number, seconds: number): Promise<SamplingCost> {
  const { watch, stop } = await watchDevices('nvidia-smi', devices, 1);
  try {
    const idle = await cpuShare(seconds);
    watch.begin();
    await sleep(1_000);
    const before = (await watch.until(0)).samples.length;
    const busy = await cpuShare(seconds);
    const { samples } = await watch.until(0);
    return {
      devices,
      readings_per_s: (samples.length - before) / devices / seconds,
      percent: 100 * (busy - idle),
    };
  } finally {
    await stop();
  }
}

async function cpuShare(seconds: number): Promise<number> {
  const before = process.cpuUsage();
  const began = performance.now();
  await sleep(1000 * seconds);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3 / (performance.now() - began);
}
