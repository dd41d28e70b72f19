import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCells } from './vllm/check-cells.ts';
import { checkCounters } from './vllm/check-counters.ts';
import { checkIdentity } from './vllm/check-identity.ts';
import { checkKilledServer } from './vllm/check-killed-server.ts';
import { checkResume } from './vllm/check-resume.ts';
import { Checks } from './vllm/checks.ts';
import { ensureVllm } from './vllm/install.ts';
import { writeLab } from './vllm/lab.ts';
import { exitCodeOf, readRunData } from './vllm/record.ts';
import { buildRidge, ridge } from './vllm/ridge.ts';
import { serveVllm, type VllmServer } from './vllm/serve.ts';

// Drives a real vLLM server (CPU, random weights) with the built command and checks what the interface promises.
// Timing is not graded here: the host may be busy.

const suiteFile = (name: string) => fileURLToPath(new URL(`vllm/suites/${name}`, import.meta.url));

/** Cells of `interface.yaml` (its anchors are measured twice) and of `short.yaml`. */
const INTERFACE_CELLS = 6;
const SHORT_CELLS = 4;

async function runInterface(checks: Checks, server: VllmServer, lab: string, folder: string): Promise<void> {
  const out = join(folder, 'interface');
  const { exitCode, stderr } = await ridge(['run', suiteFile('interface.yaml'), '--lab', lab, '--out', out]);
  const { run, cells } = await readRunData(out);
  const expected = exitCodeOf(cells.map(({ record }) => record));
  checks.check(
    'run: exit code',
    exitCode === expected,
    `${exitCode}${exitCode === expected ? '' : ` ${stderr}`}`,
  );
  await checkIdentity(checks, run, server);
  checkCells(checks, cells, INTERFACE_CELLS);
  for (const cell of cells) checkCounters(checks, cell);
}

async function checkAll(checks: Checks): Promise<void> {
  const install = await ensureVllm({ log: console.log });
  if (install.state === 'skipped') return checks.skip(install.reason);
  checks.check('vLLM for CPU', true, `${install.version} in ${install.folder}`);
  await buildRidge();
  const folder = await mkdtemp(join(tmpdir(), 'ridge-test-vllm-'));
  const server = await serveVllm({
    install,
    model: 'tiny',
    folder,
    ...(availableParallelism() > 1 ? { cpus: '0' } : {}),
  });
  try {
    console.log(`serving random/tiny at ${server.url}, log ${server.logFile}, runs in ${folder}`);
    const lab = await writeLab(folder, server);
    await runInterface(checks, server, lab, folder);
    await checkResume(checks, suiteFile('short.yaml'), lab, folder, server, SHORT_CELLS);
    await checkKilledServer(checks, suiteFile('short.yaml'), lab, folder, server, SHORT_CELLS);
  } finally {
    await server.kill();
  }
  if (checks.allPassed) await rm(folder, { recursive: true });
}

const checks = new Checks();
try {
  await checkAll(checks);
} catch (error) {
  // A failed download, a full disk, a server that does not come up: never a reason to skip.
  checks.check('went to its end', false, error instanceof Error ? error.message : String(error));
}
process.exitCode = checks.close();
