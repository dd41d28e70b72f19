import { setTimeout as sleep } from 'node:timers/promises';
import { ask, endpointUrl } from '../endpoint/http.ts';

const POLL_MS = 250;
const ANSWER_MS = 5_000;

export interface ReadyQuestion {
  /** Of the server, without `/v1`. */
  readonly url: string;
  /** Asked instead of /health and /v1/models; null: those. */
  readonly readyUrl: string | null;
  readonly apiKey: string | null;
}

/** Asks until the server answers well. @returns false when the signal came first */
export async function becomesReady(question: ReadyQuestion, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await isReady(question, signal)) return true;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

async function isReady({ url, readyUrl, apiKey }: ReadyQuestion, signal: AbortSignal): Promise<boolean> {
  const status = (where: string): Promise<number | null> =>
    ask(where, { apiKey, timeoutMs: ANSWER_MS }).then(
      (answer) => answer.status,
      () => null,
    );
  if (readyUrl !== null) return (await status(readyUrl)) === 200;
  const health = await status(endpointUrl(url, '/health'));
  // Not every engine has it.
  if (health !== 200 && health !== 404) return false;
  return !signal.aborted && (await status(endpointUrl(url, '/v1/models'))) === 200;
}
