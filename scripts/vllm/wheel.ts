import { execa } from 'execa';

export type WheelAnswer =
  | { readonly state: 'present' }
  | { readonly state: 'absent'; readonly reason: string };

/** A platform for which the wheel is known to be published: tells "none for this machine" from "the index does not answer". */
const KNOWN_PLATFORM = ['--platform', 'manylinux_2_28_x86_64', '--python-version', '3.11'] as const;

/** Asks pip whether a wheel fits this interpreter. Throws when the index cannot be asked. */
export async function wheelExists(python: string, requirement: string): Promise<WheelAnswer> {
  const here = await resolveWheel(python, requirement, []);
  if (here.exitCode === 0) return { state: 'present' };
  const there = await resolveWheel(python, requirement, KNOWN_PLATFORM);
  if (there.exitCode !== 0) throw new Error(`cannot look up ${requirement}: ${lastLine(here.stderr)}`);
  const about = await execa(python, [
    '-c',
    'import platform as p; print(p.system(), p.machine(), "Python", p.python_version())',
  ]);
  return { state: 'absent', reason: `no wheel of ${requirement} for ${about.stdout.trim()}` };
}

/** A dry run: resolves and reads the wheel's metadata, installs nothing. */
const resolveWheel = (python: string, requirement: string, platform: readonly string[]) =>
  execa(
    python,
    [
      ...['-m', 'pip', 'install', '--dry-run', '--quiet', '--disable-pip-version-check', '--no-deps'],
      ...['--only-binary', ':all:', '--ignore-installed', '--target', 'unused', ...platform, requirement],
    ],
    { reject: false },
  );

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
