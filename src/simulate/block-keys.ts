/**
 * Keys of a prompt's full blocks: each depends on the salt and on every token up to the block's end, so equal keys mean
 * equal prefixes. 53-bit numbers from two 32-bit hash lanes; collisions are negligible for a simulator.
 */
export function blockKeys(
  ids: ArrayLike<number>,
  blockSize: number,
  cacheSalt: string | null,
): readonly number[] {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  const mix = (value: number): void => {
    high = Math.imul(high ^ value, 0x01000193);
    high ^= high >>> 15;
    low = Math.imul(low ^ value, 0xcc9e2d51);
    low = ((low << 13) | (low >>> 19)) ^ high;
  };
  for (let index = 0; index < (cacheSalt?.length ?? 0); index += 1) mix(cacheSalt!.charCodeAt(index) + 1);
  mix(0x7fffffff);
  const keys: number[] = [];
  for (let index = 0; index < ids.length; index += 1) {
    mix(ids[index]!);
    if ((index + 1) % blockSize === 0) keys.push((high >>> 0) * 2 ** 21 + (low >>> 11));
  }
  return keys;
}
