import { join } from 'node:path';
import type { Checks } from './checks.ts';
import { writeTargets } from './lab.ts';
import { type RunData, readRunData } from './record.ts';
import { ridge } from './ridge.ts';

/** Runs a suite on targets, by a lab file of its own in the folder; what it measured is read back from where it lies. */
export async function measureOn(
  checks: Checks,
  name: string,
  { suite, folder, targets }: { suite: string; folder: string; targets: Readonly<Record<string, unknown>> },
): Promise<RunData & { readonly out: string }> {
  const lab = await writeTargets(join(folder, `${name}-lab.yaml`), targets);
  const out = join(folder, name);
  const { exitCode, stderr } = await ridge(['run', suite, '--lab', lab, '--out', out]);
  // A busy host may flag every cell by itself.
  checks.check(`${name}: run`, exitCode === 0 || exitCode === 1, `exit ${exitCode} ${stderr?.slice(-400)}`);
  return { out, ...(await readRunData(out)) };
}
