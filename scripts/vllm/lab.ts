import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { SERVER_SETTINGS, type VllmServer } from './serve.ts';

/** Catalogue entry of the core that these servers run on: what it multiplies bf16 with decides what a GEMM can reach. */
export const ACCELERATOR = coreOf(cpuFlags());

function coreOf(flags: ReadonlySet<string>): string {
  if (flags.has('amx_bf16')) return 'cpu-amx-1core';
  return flags.has('avx512f') ? 'cpu-avx512-1core' : 'cpu-avx2-1core';
}

function cpuFlags(): ReadonlySet<string> {
  try {
    const [, flags = ''] = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    return new Set(flags.trim().split(/\s+/));
  } catch {
    return new Set();
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
