import type { HttpAsk } from './http.ts';
import { dialectOf, type MetricsSnapshot, readSnapshot } from './metrics-snapshot.ts';
import { askAnyway } from './questions.ts';
import { type GaugeSummary, summariseGauges } from './snapshot-delta.ts';

export type { MetricsSnapshot } from './metrics-snapshot.ts';
export { type GaugeSummary, snapshotDelta } from './snapshot-delta.ts';

/**
 * Scrapes the metrics once. Null when the server does not expose known ones there; throws a RidgeError (exit 3) when it does not answer.
 * @param url base URL of the server
 */
export async function scrapeMetrics(
  url: string,
  options: Pick<HttpAsk, 'apiKey' | 'timeoutMs'> & { readonly path?: string } = {},
): Promise<MetricsSnapshot | null> {
  const access = { url, apiKey: options.apiKey ?? null, apiKeyEnv: null };
  const { path = '/metrics', ...asking } = options;
  const answer = await askAnyway(access, path, asking);
  const dialect = answer.status === 200 ? dialectOf(answer.text) : null;
  if (dialect === null) return null;
  const { began_s, ended_s } = answer;
  return readSnapshot(answer.text, (began_s + ended_s) / 2, (ended_s - began_s) / 2, dialect);
}

/** Samples the gauges at an even pace while a window is open. */
export interface GaugeSampler {
  /** Ends sampling; waits for a scrape on its way. */
  stop(): Promise<GaugeSummary>;
}

/** Starts sampling, twice a second unless told otherwise. A scrape that fails is left out; one never overtakes another. */
export function sampleGauges(scrape: () => Promise<MetricsSnapshot | null>, periodMs = 500): GaugeSampler {
  const samples: MetricsSnapshot[] = [];
  let pending: Promise<void> | null = null;
  const take = (): void => {
    pending ??= scrape()
      .then((snapshot) => {
        if (snapshot !== null) samples.push(snapshot);
      })
      .catch(() => {})
      .finally(() => {
        pending = null;
      });
  };
  take();
  const timer = setInterval(take, periodMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await pending;
      return summariseGauges(samples);
    },
  };
}
