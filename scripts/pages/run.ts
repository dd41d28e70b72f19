import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { ExampleFile } from './parse.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
/** What examples name of the checkout; what they write stays outside of it. */
const LINKED = ['fits', 'suites'];

/** Lines that a command prints, on stdout and stderr. */
export type Runner = (command: string) => Promise<string[]>;

/** Gives a shell in a folder with the checkout's fits and suites, the page's files, and `ridge` on its path; removes it at the end. */
export async function inFolder<Result>(
  files: readonly ExampleFile[],
  use: (run: Runner) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'ridgepoint-pages-'));
  try {
    const bin = join(folder, '.bin');
    await mkdir(bin);
    const ridge = join(bin, 'ridge');
    await writeFile(
      ridge,
      `#!/bin/sh\nexec "${process.execPath}" "${join(checkout, 'bin/ridge.js')}" "$@"\n`,
    );
    await chmod(ridge, 0o755);
    for (const name of LINKED) await symlink(join(checkout, name), join(folder, name));
    for (const { name, text } of files) await writeFile(join(folder, name), text);
    const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: '1' };
    return await use(async (command) => {
      const { all } = await execa(command, { shell: true, cwd: folder, env, all: true, reject: false });
      return all.split('\n').map((line) => line.trimEnd());
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
