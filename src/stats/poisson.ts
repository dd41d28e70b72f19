const quantiles = new Map<string, number>();

/** Smallest n with P(N ≤ n) ≥ q of a Poisson number. */
export function poissonQuantile(mean: number, q: number): number {
  const key = `${mean} ${q}`;
  const known = quantiles.get(key);
  if (known !== undefined) return known;
  let log = -mean;
  let sum = Math.exp(log);
  let n = 0;
  while (sum < q && n < mean * 10 + 100) {
    n += 1;
    log += Math.log(mean / n);
    sum += Math.exp(log);
  }
  quantiles.set(key, n);
  return n;
}
