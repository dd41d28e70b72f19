import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { type ClockOffset, clockOffsetOf, type DatedAnswer } from '../remote-clock.ts';

/** Body of a GET. @throws Error with the URL when it is not a 200 */
export async function readUrl(
  url: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { statusCode, body } = await request(url, { signal, headers });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
  return text;
}

/** Wall clock of this host, s. */
export const wallClock = (): number => (performance.timeOrigin + performance.now()) / 1000;

const PROBES = 20;
/** Spreads the probes evenly over a second, of which an answer's date shows nothing. */
const BETWEEN_PROBES_MS = 1000 / PROBES;

/** How far the clock of a URL's host is ahead, by the dates of its answers; null where they do not tell. */
export async function clockOffsetAt(url: string, signal: AbortSignal): Promise<ClockOffset | null> {
  const answers: DatedAnswer[] = [];
  for (let probe = 0; probe < PROBES; probe += 1) {
    const sent_s = wallClock();
    const { headers, body } = await request(url, { signal });
    const received_s = wallClock();
    await body.dump();
    const date_s = Date.parse(String(headers.date)) / 1000;
    if (Number.isNaN(date_s)) return null;
    answers.push({ sent_s, received_s, date_s });
    await wait(BETWEEN_PROBES_MS, undefined, { signal });
  }
  return clockOffsetOf(answers);
}
