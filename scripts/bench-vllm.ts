import { mkdtemp } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureVllm } from './vllm/install.ts';
import { writeLab } from './vllm/lab.ts';
import { readRunData } from './vllm/record.ts';
import { noiseLines, repeatNoise } from './vllm/repeat-noise.ts';
import { buildRidge, ridge } from './vllm/ridge.ts';
import { serveVllm } from './vllm/serve.ts';

// Fits a real device: a 142 M parameter model on one CPU core, client on the other. Prints the errors whatever they are.
// Then fits it from the engine's steps in one more cell, and predicts the cells measured apart with that fit. Other suites:
// `--suite FILE`, `--one-cell FILE`.

const suiteFile = (name: string): string =>
  fileURLToPath(new URL(`vllm/suites/${name}.yaml`, import.meta.url));
const { values: suites } = parseArgs({
  options: {
    suite: { type: 'string', default: suiteFile('cpu-roofline') },
    'one-cell': { type: 'string', default: suiteFile('cpu-tomography') },
  },
});

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
  const oneCell = join(folder, 'one-cell');
  try {
    const lab = await writeLab(folder, server);
    const run = await ridge(['run', resolve(suites.suite), '--lab', lab, '--out', out, '--plain'], {
      ...(cores ? { cpus: cores.client } : {}),
      show: true,
    });
    // 1 says that no cell is without a flag: on a busy host such a run can still be fitted.
    if (run.exitCode !== 0 && run.exitCode !== 1) return run.exitCode ?? 3;
    await ridge(['run', resolve(suites['one-cell']), '--lab', lab, '--out', oneCell, '--plain'], {
      ...(cores ? { cpus: cores.client } : {}),
      show: true,
    });
  } finally {
    await server.stop();
  }
  console.log(`after: ${hostLoad()}\n`);
  const exitCode = await report(out);
  await reportOneCell(oneCell, out);
  return exitCode;
}

/** The fit from the steps of one cell, and its errors on the cells measured apart: within 10 % of TPOT and 15 % of TTFT is wanted. */
async function reportOneCell(oneCell: string, others: string): Promise<void> {
  console.log('\nfrom the engine steps of one cell');
  await ridge(['fit', oneCell], { show: true });
  const gates = ['--max-mape', 'tpot_ms=10', '--max-mape', 'ttft_ms=15'];
  await ridge(['validate', `${oneCell}.fit.json`, others, ...gates], { show: true });
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
