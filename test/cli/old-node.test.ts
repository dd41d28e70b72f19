import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, execaNode } from 'execa';
import { transformWithOxc } from 'vite';
import { describe, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));

/** A module that makes Node report another version of itself, loaded before the command. */
const pretend = (version: string): string =>
  `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`;

const isRefusal = ({
  exitCode,
  stdout,
  stderr,
}: {
  exitCode?: number;
  stdout: string;
  stderr: string;
}): void => {
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^ridge: needs Node 22\.19 or newer, this is \d+\.\d+\.\d+\. [^\n]*$/);
};

test.each(['18.20.8', '20.20.2', '22.18.0'])('Node %s gets one line and exit code 2', async (version) => {
  isRefusal(await execaNode(bin, ['--help'], { nodeOptions: ['--import', pretend(version)], reject: false }));
});

test.each(['22.19.0', '24.0.0'])('Node %s is let through', async (version) => {
  const { exitCode } = await execaNode(bin, ['--help'], { nodeOptions: ['--import', pretend(version)] });
  expect(exitCode).toBe(0);
});

test('the file holds nothing newer than ES2020 and no top-level await, so that an old Node can parse it', async () => {
  const source = await readFile(bin, 'utf8');
  const compile = async (target: string) => (await transformWithOxc(source, 'ridge.js', { target })).code;
  expect(await compile('es2020')).toBe(await compile('esnext'));
  expect(source).not.toMatch(/\bawait\b/);
});

/** The first Node on PATH that is not this one and is too old, if there is any. */
async function oldNode(): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const node = join(folder, 'node');
    const { stdout } = await execa(node, ['--version'], { reject: false });
    const [major, minor] = (stdout ?? '').replace('v', '').split('.').map(Number);
    if (major !== undefined && major >= 18 && (major < 22 || (major === 22 && minor! < 19))) return node;
  }
  return undefined;
}
const old = await oldNode();

describe.runIf(old !== undefined)(`with ${old}`, () => {
  test('a Node that is really old gets the same line', async () => {
    isRefusal(await execa(old!, [bin, '--help'], { reject: false }));
  });
});
