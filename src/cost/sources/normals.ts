import { drawNormal } from '../../stats/gamma.ts';
import { childSeed, createRandom } from '../../stats/random.ts';

/** FNV-1a of a text, as a seed. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return hash;
}

/** Standard normal numbers that belong to what `key` names: whoever asks for the same key and index gets the same ones. */
export function normals(key: string, index: number, count: number): number[] {
  const random = createRandom(childSeed(seedOf(key), index));
  return Array.from({ length: count }, () => drawNormal(random));
}
