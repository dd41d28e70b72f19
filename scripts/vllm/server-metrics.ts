/** Counters and gauges of one scrape, summed over label sets, by name without the `vllm:` prefix. */
export type ServerMetrics = ReadonlyMap<string, number>;

/** Scrapes /metrics. Its own small reader, so that the product's reader is checked against another one. */
export async function scrapeServer(url: string): Promise<ServerMetrics> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sums = new Map<string, number>();
  for (const [, name, value] of text.matchAll(/^vllm:(\w+)(?:\{.*\})? (\S+)$/gm)) {
    sums.set(name!, (sums.get(name!) ?? 0) + Number(value));
  }
  return sums;
}
