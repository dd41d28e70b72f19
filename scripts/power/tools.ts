import { delimiter } from 'node:path';
import { PowerWatch } from '../../src/power/power-watch.ts';
import { type SimulatedEndpoint, startSimulatedEndpoints } from '../../src/run/simulated-endpoints.ts';
import type { ToolName } from '../../src/simulate/power/install-tools.ts';

const ACCELERATORS: Readonly<Record<ToolName, string>> = {
  'nvidia-smi': 'h100-sxm',
  'amd-smi': 'mi300x',
  'hl-smi': 'gaudi3',
};

export interface WatchedDevices {
  readonly watch: PowerWatch;
  readonly endpoint: SimulatedEndpoint;
  stop(): Promise<void>;
}

/** Simulated devices in a process of their own, read by the fake tool of their vendor. */
export async function watchDevices(tool: ToolName, devices: number, seed: number): Promise<WatchedDevices> {
  const { endpoints, stop } = await startSimulatedEndpoints({
    accelerator: ACCELERATORS[tool],
    model: 'meta-llama/Llama-3.1-8B',
    tensor_parallel: [devices],
    seed,
    time_scale: 1,
    power: true,
  });
  const endpoint = endpoints[0]!;
  const path = process.env.PATH;
  process.env.PATH = `${endpoint.toolsFolder}${delimiter}${path}`;
  const watch = (await PowerWatch.open({ source: tool }, null, devices))!;
  return {
    watch,
    endpoint,
    async stop() {
      await watch.stop();
      process.env.PATH = path;
      await stop();
    },
  };
}
