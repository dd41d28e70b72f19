import { writeFile } from 'node:fs/promises';
import type { ClientLoad } from './load.ts';
import { portToNullServer, resultOf } from './own-port.ts';
import { runLoad } from './run-load.ts';

/** What the process is asked, as JSON in its first argument. */
export interface OwnRoundsTask {
  readonly url: string;
  readonly workers: number;
}

/** One round, by message; the answer is an empty message. */
export interface Round extends ClientLoad {
  readonly result: string;
}

/** As an agent lives through the cells of a run: a port for each round, one after another, until the parent disconnects. */
const { url, workers } = JSON.parse(process.argv[2]!) as OwnRoundsTask;

process.on('message', async (round: Round) => {
  const port = await portToNullServer(url, workers);
  const { kept, failed } = await runLoad(port, round, true);
  await port.close();
  await writeFile(round.result, JSON.stringify(resultOf(kept, failed)));
  process.send!({});
});
process.on('disconnect', () => process.exit(0));
process.send!({});
