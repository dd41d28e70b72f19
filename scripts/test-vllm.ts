import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCells } from './vllm/check-cells.ts';
import { checkCounters } from './vllm/check-counters.ts';
import { checkIdentity } from './vllm/check-identity.ts';
import { checkOptions } from './vllm/check-options.ts';
import { checkPair } from './vllm/check-pair.ts';
import { CELLS, checkServed } from './vllm/check-served.ts';
import { checkSpeculation } from './vllm/check-speculation.ts';
import { Checks } from './vllm/checks.ts';
import { ensureVllm } from './vllm/install.ts';
import { readRunData } from './vllm/record.ts';
import { buildRidge } from './vllm/ridge.ts';
import { writeServedLab } from './vllm/served-lab.ts';

// Lets the built command start real vLLM servers (CPU, random weights), drives them and checks what the interface promises.
// Timing is not graded here: the host may be busy.

const suiteFile = (name: string) => fileURLToPath(new URL(`vllm/suites/${name}`, import.meta.url));

async function checkAll(checks: Checks): Promise<void> {
  const install = await ensureVllm({ log: console.log });
  if (install.state === 'skipped') return checks.skip(install.reason);
  checks.check('vLLM for CPU', true, `${install.version} in ${install.folder}`);
  await buildRidge();
  const folder = await mkdtemp(join(tmpdir(), 'ridge-test-vllm-'));
  const lab = await writeServedLab({ install, model: 'tiny', folder });
  console.log(`random/tiny on one and on two cores at ${lab.url}, runs and logs in ${folder}`);
  const { out, labels } = await checkServed(checks, suiteFile('interface.yaml'), lab, folder);
  const { run, cells } = await readRunData(out);
  checkIdentity(checks, run, labels, lab.modelFolder);
  const of = (target: keyof typeof CELLS) =>
    cells.filter(({ record }) => record.target === target).slice(0, CELLS[target]);
  checkCells(checks, of('cpu-tp1'), CELLS['cpu-tp1']);
  for (const cell of of('cpu-tp1')) checkCounters(checks, cell);
  // The last one lost its server.
  const whole = CELLS['cpu-tp2'] - 1;
  checkCells(checks, of('cpu-tp2').slice(0, whole), whole);
  await checkPair(checks, suiteFile('pair.yaml'), install, folder);
  await checkSpeculation(checks, suiteFile('speculation.yaml'), install, folder);
  await checkOptions(checks, suiteFile('options.yaml'), install, folder);
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
