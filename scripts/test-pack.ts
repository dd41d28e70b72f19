/**
 * `npm run test:pack`: packs, installs the tarball into an empty folder, and uses it there as a stranger would.
 * Prints a line a check; exit 1 when one fails.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const PACKAGE = 'ridgepoint';
const checkout = new URL('..', import.meta.url);

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ridgepoint-pack-'));
  try {
    const tarball = await pack(folder);
    await install(folder, tarball);
    for (const [what, check] of Object.entries(checks)) await report(what, () => check(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A line a check; a failed one sets the exit code and lets the others go on. */
async function report(what: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
    console.log(`ok      ${what}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAILED  ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** @returns absolute path of the tarball */
async function pack(folder: string): Promise<string> {
  const { stdout } = await execa('npm', ['pack', '--silent', '--pack-destination', folder], {
    stderr: 'inherit',
  });
  const tarball = join(folder, stdout.trim().split('\n').at(-1)!);
  console.log(`packed ${tarball}, ${Math.round((await stat(tarball)).size / 1000)} kB`);
  return tarball;
}

async function install(folder: string, tarball: string): Promise<void> {
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'stranger', private: true, type: 'module' }),
  );
  await execa(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', tarball],
    {
      cwd: folder,
      stdout: 'ignore',
      stderr: 'inherit',
    },
  );
}

const inPackage = (folder: string, ...path: string[]): string =>
  join(folder, 'node_modules', PACKAGE, ...path);
/** The installed command, run by the Node that runs this script. */
const ridge = (folder: string, ...argv: string[]) =>
  execa(process.execPath, [join(folder, 'node_modules', '.bin', 'ridge'), ...argv], {
    cwd: folder,
    reject: false,
  });
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const checks: Record<string, (folder: string) => Promise<void>> = {
  'no Node came with it': async (folder) => {
    assert.equal(await exists(join(folder, 'node_modules', '.bin', 'node')), false);
    const { stdout } = await execa('npm', ['ls', '--all', '--parseable'], { cwd: folder });
    assert.doesNotMatch(stdout, /node_modules.node(-linux-\w+)?$/m);
  },
  'its manifest asks for no Node': async (folder) => {
    const manifest = JSON.parse(await readFile(inPackage(folder, 'package.json'), 'utf8'));
    assert.equal(manifest.optionalDependencies, undefined);
    assert.doesNotMatch(JSON.stringify(manifest.dependencies), /"node(-|")/);
  },
  'schemas, suites, README and licence came with it': async (folder) => {
    for (const file of [
      'suites/suite.v1.schema.json',
      'suites/demo.yaml',
      'fits/fit.v1.schema.json',
      'runs/run.v1.schema.json',
      'README.md',
      'LICENSE',
    ]) {
      assert.ok(await exists(inPackage(folder, file)), `${file} is missing`);
    }
  },
  'ridge --help': async (folder) => {
    const { exitCode, stdout } = await ridge(folder, '--help');
    assert.equal(exitCode, 0);
    assert.match(stdout, /^usage: ridge VERB/m);
  },
  'ridge simulate --help': async (folder) => {
    const { exitCode, stdout } = await ridge(folder, 'simulate', '--help');
    assert.equal(exitCode, 0);
    assert.match(stdout, /ridge simulate/);
  },
  'ridge --version is the one of the manifest': async (folder) => {
    const { version } = JSON.parse(await readFile(inPackage(folder, 'package.json'), 'utf8'));
    assert.equal((await ridge(folder, '--version')).stdout, version);
  },
  'a Node that is too old gets one line': async (folder) => {
    const old = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.20.2'}})`;
    const argv = ['--import', old, inPackage(folder, 'bin', 'ridge.js'), '--help'];
    const { exitCode, stderr } = await execa(process.execPath, argv, { reject: false });
    assert.equal(exitCode, 2);
    assert.match(stderr, /^ridge: needs Node 22\.19 or newer, this is 20\.20\.2\.[^\n]*$/);
  },
  'the library can be imported': async (folder) => {
    const program = `import { readFit, predict } from '${PACKAGE}'; console.log(typeof readFit, typeof predict);`;
    await writeFile(join(folder, 'use.js'), program);
    const { stdout } = await execa(process.execPath, ['use.js'], { cwd: folder });
    assert.equal(stdout, 'function function');
  },
  'its types serve a strict program': async (folder) => {
    const program = `import { type predict, readFit } from '${PACKAGE}';
      const read: (path: string) => ReturnType<typeof readFit> = readFit;
      export type Answer = ReturnType<typeof predict>;
      // @ts-expect-error: types are there, so this is a mistake
      export const mistake: number = read;`;
    await writeFile(join(folder, 'use.ts'), program);
    const flags = ['--strict', '--noEmit', '--skipLibCheck', '--module', 'nodenext', '--types', ''];
    await execa('tsc', [...flags, 'use.ts'], { cwd: folder, preferLocal: true, localDir: checkout });
  },
};

await main();
