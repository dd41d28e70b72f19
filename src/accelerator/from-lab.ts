import type { LabAccelerator } from '../suite/schema.ts';
import type { Accelerator } from './accelerator.ts';
import { fromDataSheet } from './data-sheet.ts';

/** An accelerator that a lab file defines; peaks that it does not give stay null and get a weak prior. */
export function acceleratorFromLab(lab: LabAccelerator): Accelerator {
  return fromDataSheet({
    ...lab,
    vendor: lab.vendor ?? 'unknown',
    notes: 'defined in the lab file',
    sources: lab.source ?? 'lab file',
  });
}
