import { waitForIdle } from '../endpoint/idle.ts';
import { EXIT, RidgeError } from '../errors.ts';
import type { ServerWatch } from './server-watch.ts';

/** @throws RidgeError (exit 3) when a server goes on being busy */
export async function requireIdle(watch: ServerWatch, url: string): Promise<void> {
  if (await waitForIdle(() => watch.scrape())) return;
  throw new RidgeError('the server is busy with requests of others', {
    exitCode: EXIT.failed,
    where: url,
    mend: 'Measure when nothing else uses it.',
  });
}
