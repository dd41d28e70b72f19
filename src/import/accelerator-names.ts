import type { Accelerator } from '../accelerator/accelerator.ts';
import { allAccelerators } from '../accelerator/catalogue.ts';
import { RowProblem } from './source-row.ts';

/** What files call a device, lower case with dashes, and the catalogue's id. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['a100-80gb', 'a100-80-sxm'],
  ['a100', 'a100-80-sxm'],
  ['h100', 'h100-sxm'],
  ['h100-80gb', 'h100-sxm'],
  ['h100-80gb-pcap', 'h100-sxm'],
  ['nvidia-h100-80gb-hbm3', 'h100-sxm'],
  ['h200', 'h200-sxm'],
  ['b200', 'b200-sxm'],
  ['b200-trt', 'b200-sxm'],
  ['b300', 'b300-sxm'],
  ['gb200', 'gb200-nvl72'],
  ['gb300', 'gb300-nvl72'],
]);

/** The catalogue's entry for a file's word for it; null when there is none. */
export function knownAccelerator(word: string): Accelerator | null {
  const plain = word.toLowerCase().replaceAll(/[_ ]+/g, '-');
  const id = ALIASES.get(plain) ?? plain;
  return allAccelerators().find((accelerator) => accelerator.id === id) ?? null;
}

export const ACCELERATOR_MEND =
  'Say which one it is by --accelerator ID, for example --accelerator h100-sxm.';

/**
 * @param word as the file says it; null: it does not
 * @throws RowProblem when the catalogue has no such device
 */
export function requireKnown(word: string | null): Accelerator {
  const found = word === null ? null : knownAccelerator(word);
  if (found) return found;
  throw new RowProblem(
    word === null ? 'the row names no accelerator' : `accelerator '${word}' is not in the catalogue`,
  );
}
