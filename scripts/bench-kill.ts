import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSimulatedEndpoints } from '../src/run/simulated-endpoints.ts';
import { createRandom } from '../src/stats/random.ts';
import { keysOf, startAndKill } from './kill/killed-run.ts';
import { buildRidge } from './vllm/ridge.ts';

/**
 * Kills the controller of runs at random moments (kill -9) and resumes them: every run must come to the same cells as one
 * that nobody killed, with no finished cell lost or measured again. Exit code 1 otherwise.
 */
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const KILLS = Number(values.kills);
/** Kills of one run, until it is left alone to end. */
const KILLS_A_RUN = 12;

/** Twelve cells of a few tenths of a second on an endpoint that is fifty times as fast as real. */
const SUITE = `schema_version: 1
name: kill
grid:
  - { input: [64, 256], output: [4, 12], load: { concurrency: [1, 2, 4] } }
stop: { confidence_half_width: 0.5, min_requests: 4, max_requests: 40, min_s: 0.05, max_s: 0.2 }
`;

await buildRidge();
const home = await mkdtemp(join(tmpdir(), 'ridge-kill-'));
const suite = join(home, 'kill.yaml');
await writeFile(suite, SUITE);
const { endpoints, stop } = await startSimulatedEndpoints({
  accelerator: 'h100-sxm',
  model: 'meta-llama/Llama-3.1-8B',
  tensor_parallel: [1],
  seed: 1,
  time_scale: 0.02,
});
const fresh = [suite, '--target', `sim=${endpoints[0]!.url}`, '--accelerator', 'h100-sxm', '--tp', '1'];
const random = createRandom(Number(values.seed));
const began = performance.now();
try {
  await startAndKill(fresh, join(home, 'whole'), null);
  const wanted = await keysOf(join(home, 'whole'));
  const wholeSeconds = (performance.now() - began) / 1000;
  console.log(`a run that nobody kills: ${wanted.length} cells in ${wholeSeconds.toFixed(1)} s`);
  const total = { kills: 0, runs: 0, lost: 0, repeated: 0, beforeFirst: 0, different: 0 };
  while (total.kills < KILLS) {
    const folder = join(home, `run-${total.runs}`);
    for (let kills = 0; ; kills += 1) {
      const last = kills >= KILLS_A_RUN || total.kills >= KILLS;
      // Anywhere from before the record exists to well into the cells.
      const moment = last ? null : random.uniform() * Math.max(2, wholeSeconds / 2);
      const started = await startAndKill(fresh, folder, moment);
      total.lost += started.lost;
      total.repeated += started.repeated;
      if (!started.killed) break;
      total.kills += 1;
      if (started.before === 0) total.beforeFirst += 1;
    }
    total.runs += 1;
    const same = JSON.stringify(await keysOf(folder)) === JSON.stringify(wanted);
    if (!same) total.different += 1;
    console.log(`run ${total.runs}: ${total.kills} kills so far, ${same ? 'the same cells' : 'OTHER CELLS'}`);
  }
  console.log(
    `${total.kills} kills (${total.beforeFirst} before a first cell was finished) over ${total.runs} runs of ${wanted.length} cells: ` +
      `${total.lost} finished cells lost, ${total.repeated} measured again, ${total.different} runs with other cells; ` +
      `${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  process.exitCode = total.lost + total.repeated + total.different > 0 ? 1 : 0;
} finally {
  await stop();
  await rm(home, { recursive: true, force: true });
}
