import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { SERVER_SETTINGS, type VllmServer } from './serve.ts';

/** Catalogue entry of the core that these servers run on: its matrix units decide what a GEMM can reach. */
export const ACCELERATOR = hasAmx() ? 'cpu-amx-1core' : 'cpu-avx512-1core';

function hasAmx(): boolean {
  try {
    return /\bamx_bf16\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

/** A server as a lab file has it, without what it says itself. */
export const targetOf = ({ url, modelFolder }: VllmServer) => ({
  url,
  accelerator: ACCELERATOR,
  tensor_parallel: 1,
  model_config: join(modelFolder, 'config.json'),
});

/** Writes a lab file. @returns its path */
export async function writeTargets(
  file: string,
  targets: Readonly<Record<string, unknown>>,
): Promise<string> {
  await writeFile(file, stringify({ schema_version: 1, targets }));
  return file;
}

/** Writes a lab file with the one server as target `cpu`. @returns its path */
export const writeLab = (folder: string, server: VllmServer): Promise<string> =>
  writeTargets(join(folder, 'lab.yaml'), { cpu: { ...targetOf(server), ...SERVER_SETTINGS } });
