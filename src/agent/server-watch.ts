import {
  type GaugeSampler,
  type GaugeSummary,
  type MetricsSnapshot,
  sampleGauges,
  scrapeMetrics,
  snapshotDelta,
} from '../endpoint/metrics.ts';
import type { EndpointAccess } from '../endpoint/questions.ts';
import type { ServerEvidence } from '../measure/evidence.ts';

type Edge = 'before' | 'opened' | 'closed' | 'after';

/** Scrapes a server at the edges of a cell and of its window, and samples its gauges between. A failed scrape leaves its part null. */
export class ServerWatch {
  readonly #snapshots: Partial<Record<Edge, Promise<MetricsSnapshot | null>>> = {};
  readonly #scrape: () => Promise<MetricsSnapshot | null>;
  #sampler: GaugeSampler | null = null;
  #gauges: Promise<GaugeSummary> | null = null;

  /** @param path where the metrics are; null: there are none */
  constructor(access: EndpointAccess, path: string | null) {
    this.#scrape =
      path === null
        ? () => Promise.resolve(null)
        : () => scrapeMetrics(access.url, { apiKey: access.apiKey, path });
  }

  /** One scrape now; its errors are the caller's. */
  scrape(): Promise<MetricsSnapshot | null> {
    return this.#scrape();
  }

  take(edge: Edge): Promise<MetricsSnapshot | null> {
    const taken = this.#scrape().catch(() => null);
    this.#snapshots[edge] = taken;
    if (edge === 'opened') this.#sampleAnew();
    if (edge === 'closed') this.stop();
    return taken;
  }

  /** A window that opens again has only its own samples. */
  #sampleAnew(): void {
    void this.#sampler?.stop();
    this.#sampler = sampleGauges(this.#scrape);
  }

  /** Ends sampling, whatever happened to the cell. */
  stop(): void {
    this.#gauges ??= this.#sampler?.stop() ?? null;
  }

  /** Counters over the window and over the whole cell; null where one of the two scrapes is missing. */
  async evidence(
    originSeconds: number,
  ): Promise<{ server: ServerEvidence | null; wholeCell: ServerEvidence | null }> {
    const gauges = await this.#gauges;
    return {
      server: await this.#between('opened', 'closed', gauges, originSeconds),
      wholeCell: await this.#between('before', 'after', null, originSeconds),
    };
  }

  /** What was scraped, for the record. */
  async snapshots(): Promise<Record<string, unknown>> {
    const edges = Object.entries(this.#snapshots).map(async ([edge, taken]) => [edge, await taken]);
    return { ...Object.fromEntries(await Promise.all(edges)), gauges: await this.#gauges };
  }

  async #between(
    from: Edge,
    to: Edge,
    gauges: GaugeSummary | null,
    originSeconds: number,
  ): Promise<ServerEvidence | null> {
    const [before, after] = [await this.#snapshots[from], await this.#snapshots[to]];
    if (!before || !after) return null;
    return {
      delta: snapshotDelta(before, after, gauges),
      from_s: before.at_s - originSeconds,
      to_s: after.at_s - originSeconds,
      from_bound_s: before.bound_s,
      to_bound_s: after.bound_s,
    };
  }
}
