import { mkdtemp } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureVllm } from './vllm/install.ts';
import { writeLab } from './vllm/lab.ts';
import { readRunData } from './vllm/record.ts';
import { noiseLines, repeatNoise } from './vllm/repeat-noise.ts';
import { buildRidge, ridge } from './vllm/ridge.ts';
import { serveVllm } from './vllm/serve.ts';

// Fits a real device: a 142 M parameter model on one CPU core, client on the other. Prints the errors whatever they are.

const SUITE = fileURLToPath(new URL('vllm/suites/cpu-roofline.yaml', import.meta.url));

/** Load of the host in the words that a reader of the figures needs. */
const hostLoad = (): string =>
  `load average of the last minute ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`;

async function main(): Promise<number> {
  const install = await ensureVllm({ log: console.log });
  if (install.state === 'skipped') {
    console.log(`skipped: ${install.reason}`);
    return 0;
  }
  await buildRidge();
  const folder = await mkdtemp(join(tmpdir(), 'ridge-bench-vllm-'));
  const cores = availableParallelism() > 1 ? { server: '0', client: '1' } : null;
  console.log(`before: ${hostLoad()}${cores ? '' : '; one core only: client and server share it'}`);
  const server = await serveVllm({
    install,
    model: 'small',
    folder,
    ...(cores ? { cpus: cores.server } : {}),
  });
  const out = join(folder, 'cpu');
  try {
    const lab = await writeLab(folder, server);
    const run = await ridge(['run', SUITE, '--lab', lab, '--out', out, '--plain'], {
      ...(cores ? { cpus: cores.client } : {}),
      show: true,
    });
    // 1 says that no cell is without a flag: on a busy host such a run can still be fitted.
    if (run.exitCode !== 0 && run.exitCode !== 1) return run.exitCode ?? 3;
  } finally {
    await server.stop();
  }
  console.log(`after: ${hostLoad()}\n`);
  return report(out);
}

/** The fit with its errors on the four cells that it did not see, then the noise that no fit can be better than. */
async function report(out: string): Promise<number> {
  const fitted = await ridge(['fit', out], { show: true });
  const { cells } = await readRunData(out);
  console.log('');
  for (const line of noiseLines(repeatNoise(cells.map(({ record }) => record)))) console.log(line);
  return fitted.exitCode ?? 3;
}

process.exitCode = await main();
