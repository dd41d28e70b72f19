import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const RIDGE = join(import.meta.dirname, '..', '..', 'bin', 'ridge.js');

/** Measures and fits one simulated device over real sockets, as a user would. @returns the report of the fit */
export async function overSockets(suite: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ridge-recovery-'));
  const run = join(folder, 'run');
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
