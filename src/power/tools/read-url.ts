import { request } from 'undici';

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
