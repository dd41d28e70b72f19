import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { SERVER_SETTINGS, type VllmServer } from './serve.ts';

/** Catalogue entry of the device that these servers run on. */
export const ACCELERATOR = 'cpu-avx512-1core';

/** Writes a lab file with the one server as target `cpu`. @returns its path */
export async function writeLab(folder: string, server: VllmServer): Promise<string> {
  const file = join(folder, 'lab.yaml');
  const target = {
    url: server.url,
    accelerator: ACCELERATOR,
    tensor_parallel: 1,
    model_config: join(server.modelFolder, 'config.json'),
    ...SERVER_SETTINGS,
  };
  await writeFile(file, stringify({ schema_version: 1, targets: { cpu: target } }));
  return file;
}
