import { writeFile } from 'node:fs/promises';
import type { ClientLoad } from './load.ts';
import { portToNullServer, resultOf } from './own-port.ts';
import { runLoad } from './run-load.ts';

/** What the process is asked, as JSON in its first argument. */
export interface OwnClientTask extends ClientLoad {
  readonly url: string;
  readonly workers: number;
  /** Where the result goes; null: nothing is kept of the requests (for long runs). */
  readonly result: string | null;
}

/** One load, then the end. */
const task = JSON.parse(process.argv[2]!) as OwnClientTask;
const port = await portToNullServer(task.url, task.workers);
const { kept, failed } = await runLoad(port, task, task.result !== null);
console.log(JSON.stringify({ failed, ...(await port.counts()) }));
await port.close();
if (task.result !== null) await writeFile(task.result, JSON.stringify(resultOf(kept, failed)));
