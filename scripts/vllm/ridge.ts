import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const BIN = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Builds `dist/`, which `bin/ridge.js` runs. Types are the `types` script's business. */
export const buildRidge = () =>
  execa('tsc', ['-p', 'tsconfig.build.json', '--noCheck'], { cwd: ROOT, preferLocal: true });

interface RidgeOptions {
  /** Cores in taskset's notation. */
  readonly cpus?: string;
  /** Lets its output through instead of collecting it. */
  readonly show?: boolean;
}

/** Runs one verb of the built command; never throws for an exit code. */
export const ridge = (args: readonly string[], { cpus, show = false }: RidgeOptions = {}) => {
  const [file, ...rest] = [...(cpus ? ['taskset', '-c', cpus] : []), process.execPath, BIN, ...args];
  const output = show ? 'inherit' : 'pipe';
  return execa(file!, rest, {
    cwd: ROOT,
    reject: false,
    stdin: 'ignore',
    stdout: output,
    stderr: output,
    maxBuffer: 1e9,
  });
};

/** The part of a run event that the checks look at. */
export interface EventLine {
  readonly kind: string;
  readonly progress?: { readonly phase: string };
  readonly message?: string | null;
  readonly target?: string;
  readonly reused?: boolean;
}

/**
 * Starts a run with `--json` and lets `react` see every event; what it does to the process (kill it, say) is its matter.
 * @returns the exit code, null when a signal ended it, and the last lines of stderr
 */
export async function watchRun(
  args: readonly string[],
  react: (event: EventLine, kill: () => void) => void,
): Promise<{ exitCode: number | null; stderr: string }> {
  const child = ridge(['run', ...args, '--json']);
  for await (const line of child.iterable()) {
    if (String(line).startsWith('{')) react(JSON.parse(String(line)), () => child.kill('SIGKILL'));
  }
  const { exitCode, stderr } = await child;
  return { exitCode: exitCode ?? null, stderr: (stderr ?? '').trim().split('\n').slice(-6).join('\n') };
}
