import { RidgeError } from '../errors.ts';
import type { ModelCard } from './card.ts';

/**
 * Holds a model to a tensor parallel size that an engine can serve: query heads are dealt out evenly over the devices.
 * @param card null when the model is not known, which nothing is said about
 * @param where names the target or flag in the error
 * @throws RidgeError (exit 2) when the size does not divide the query heads
 */
export function requireEvenHeads(card: ModelCard | null, tensorParallel: number, where: string): void {
  if (card === null) return;
  const heads = card.attention.query_heads;
  if (heads % tensorParallel === 0) return;
  const sizes = Array.from({ length: heads }, (_, index) => index + 1).filter((size) => heads % size === 0);
  throw new RidgeError(
    `tensor parallel size ${tensorParallel} does not divide the ${heads} query heads of ${card.id}`,
    { where, mend: `Sizes that do: ${sizes.join(', ')}.` },
  );
}
