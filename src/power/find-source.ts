import { RidgeError } from '../errors.ts';
import { replay } from './replay.ts';
import type { PowerSource } from './sample.ts';
import { amdSmi } from './tools/amd-smi.ts';
import { dcgmExporter } from './tools/dcgm-exporter.ts';
import { dcgmi } from './tools/dcgmi.ts';
import { hlSmi } from './tools/hl-smi.ts';
import { ipmitool } from './tools/ipmitool.ts';
import { nvidiaSmi } from './tools/nvidia-smi.ts';
import { rapl } from './tools/rapl.ts';
import { redfish } from './tools/redfish.ts';
import { rocmSmi } from './tools/rocm-smi.ts';
import { xpuSmi } from './tools/xpu-smi.ts';

/** Sources that a host may have, best first where several read the same devices; the last two read more than a device. */
const LOCAL = {
  dcgmi,
  'nvidia-smi': nvidiaSmi,
  'amd-smi': amdSmi,
  'rocm-smi': rocmSmi,
  'hl-smi': hlSmi,
  'xpu-smi': xpuSmi,
  rapl: () => rapl(),
  ipmitool,
} as const;

export const LOCAL_SOURCES = Object.keys(LOCAL) as readonly LocalSource[];
export type LocalSource = keyof typeof LOCAL;
/** Those that read accelerators: taken without being asked for. */
const OF_ACCELERATORS: readonly LocalSource[] = [
  'dcgmi',
  'nvidia-smi',
  'amd-smi',
  'rocm-smi',
  'hl-smi',
  'xpu-smi',
];

/** Where a target's watts come from. `auto`: the best tool of the agent's host that reads accelerators. */
export type PowerChoice =
  | { readonly source: 'auto' | LocalSource }
  | { readonly source: 'dcgm-exporter'; readonly url: string }
  | { readonly source: 'redfish'; readonly url: string; readonly authorization: string | null }
  | { readonly source: 'replay'; readonly file: string };

/** Every source that this host has. Probed side by side; one that hangs is left out. */
export async function localSources(): Promise<PowerSource[]> {
  const found = await Promise.all(Object.values(LOCAL).map((probe) => probe().catch(() => null)));
  return found.filter((source) => source !== null);
}

/**
 * The source of a choice; null when `auto` finds none.
 * @throws RidgeError (exit 3) when a source that was asked for is not there or does not answer
 */
export async function findSource(choice: PowerChoice): Promise<PowerSource | null> {
  switch (choice.source) {
    case 'auto':
      return bestLocal();
    case 'dcgm-exporter':
      return reached(choice.url, () => dcgmExporter(choice.url));
    case 'redfish':
      return reached(choice.url, () => redfish(choice.url, choice.authorization));
    case 'replay':
      return replay(choice.file);
    default:
      return named(choice.source);
  }
}

async function bestLocal(): Promise<PowerSource | null> {
  for (const name of OF_ACCELERATORS) {
    const source = await LOCAL[name]();
    if (source !== null) return source;
  }
  return null;
}

async function named(name: LocalSource): Promise<PowerSource> {
  const source = await LOCAL[name]();
  if (source !== null) return source;
  throw new RidgeError(`power source ${name} is not there, or reads no power`, {
    exitCode: 3,
    mend: `Run ${name} on the agent's host and see what it says; ridge probe lists what the host has.`,
  });
}

async function reached(url: string, open: () => Promise<PowerSource>): Promise<PowerSource> {
  try {
    return await open();
  } catch (error) {
    throw new RidgeError('the power source does not answer', {
      exitCode: 3,
      where: url,
      mend: error instanceof Error ? error.message : String(error),
    });
  }
}
