import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { Suite } from '../../src/suite/schema.ts';

const RIDGE = join(import.meta.dirname, '..', '..', 'bin', 'ridge.js');

/** Real time is dear: wider intervals, shorter windows, and no cell whose requests stay for minutes. */
const shortened = (suite: Suite): Suite => ({
  ...suite,
  grid: suite.grid.filter(({ load }) => 'concurrency' in load),
  stop: { ...suite.stop, confidence_half_width: 0.03, max_s: 40 },
});

/**
 * Measures and fits one simulated device over real sockets, as a user would, by a suite's cells with shorter windows and
 * without its saturated ones. @returns the report of the fit
 */
export async function overSockets(measured: Suite): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ridge-recovery-'));
  const run = join(folder, 'run');
  const suite = join(folder, 'suite.yaml');
  await writeFile(suite, stringify(shortened(measured)));
  try {
    await execa(process.execPath, [RIDGE, 'run', suite, '--simulate', '--plain', '--out', run], {
      stdout: 'ignore',
      stderr: 'inherit',
      reject: false,
    });
    const fit = await execa(process.execPath, [RIDGE, 'fit', run], { reject: false });
    return fit.exitCode === 0 ? fit.stdout : fit.stderr;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
