import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ACCELERATOR } from './lab.ts';
import { writeModel } from './model.ts';
import { freePort, type ServeOptions, serverEnvironment, vllmCommand } from './serve.ts';

export interface ServedLab {
  readonly file: string;
  readonly url: string;
  readonly modelFolder: string;
}

/**
 * Writes a lab file that says how to start this vLLM: as target `cpu-tp1` on one core and as `cpu-tp2` on two, one after
 * another on one port. Neither the chunk budget nor the most sequences stand in it: a run reads them from the log.
 */
export async function writeServedLab({ install, folder, model }: ServeOptions): Promise<ServedLab> {
  const modelFolder = await writeModel(folder, model);
  const port = await freePort();
  const file = join(folder, 'served-lab.yaml');
  const [first, both, cores] = availableParallelism() > 1 ? ['0', '0|1', '0,1'] : ['nobind', 'nobind', '0'];
  const url = `http://127.0.0.1:${port}`;
  const target = {
    url,
    accelerator: ACCELERATOR,
    model_config: join(modelFolder, 'config.json'),
    serve: {
      // A server that keeps to its cores leaves one to the client; beside one that does not, a client waits for a core.
      argv: [
        ...['sh', '-c', 'exec taskset -c "$CORES" "$@"', 'vllm'],
        ...vllmCommand({ install, modelFolder, model, port }),
        ...['--tensor-parallel-size', '{tensor_parallel}'],
      ],
      env: serverEnvironment(undefined),
      ready_timeout_s: 600,
      stop: { grace_s: 20 },
      variants: {
        tp1: { tensor_parallel: 1, env: { VLLM_CPU_OMP_THREADS_BIND: first, CORES: '0' } },
        tp2: { tensor_parallel: 2, env: { VLLM_CPU_OMP_THREADS_BIND: both, CORES: cores } },
      },
    },
  };
  await writeFile(file, stringify({ schema_version: 1, targets: { cpu: target } }));
  return { file, url, modelFolder };
}
