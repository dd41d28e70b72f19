import { execa } from 'execa';

/** Path or name of a Python 3 that runs here, or null where there is none. */
export async function findPython(): Promise<string | null> {
  const result = await execa('python3', ['-c', 'import sys; print(sys.executable)'], { reject: false });
  if (result.code === 'ENOENT') return null;
  if (result.exitCode !== 0) throw new Error(`python3 is on the path but fails: ${result.stderr}`);
  return result.stdout.trim();
}
