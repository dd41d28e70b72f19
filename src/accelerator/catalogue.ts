import { RidgeError } from '../errors.ts';
import { nearest } from '../stats/nearest.ts';
import type { Accelerator } from './accelerator.ts';
import { AMD } from './catalogue/amd.ts';
import { CLOUD } from './catalogue/cloud.ts';
import { INTEL } from './catalogue/intel.ts';
import { NVIDIA } from './catalogue/nvidia.ts';
import { NVIDIA_PCIE } from './catalogue/nvidia-pcie.ts';
import { OTHERS } from './catalogue/others.ts';
import { fromDataSheet } from './data-sheet.ts';

const CATALOGUE: readonly Accelerator[] = [NVIDIA, NVIDIA_PCIE, AMD, INTEL, CLOUD, OTHERS]
  .flat()
  .map(fromDataSheet);

/** Every accelerator of the catalogue: dense peaks, one-directional links, per device. */
export const allAccelerators = (): readonly Accelerator[] => CATALOGUE;

/**
 * The catalogue entry with this id.
 * @throws RidgeError (exit 2) that suggests the nearest id
 */
export function findAccelerator(id: string): Accelerator {
  const found = CATALOGUE.find((accelerator) => accelerator.id === id.toLowerCase());
  if (found) return found;
  const near = nearest(
    id.toLowerCase(),
    CATALOGUE.map((accelerator) => accelerator.id),
  );
  throw new RidgeError(`no accelerator '${id}' in the catalogue`, {
    mend: near
      ? `Did you mean '${near}'? A lab file may also define its own under accelerators.`
      : 'Define it in the lab file under accelerators; peaks are optional.',
  });
}
