import { writeFile } from 'node:fs/promises';
import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import { measureCell } from '../../src/measure/measure-cell.ts';
import { isCompleted, measuredRequests } from '../../src/measure/selection.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import type { ClientResult } from './load.ts';
import { portToNullServer, resultOf } from './own-port.ts';

/** What the process is asked, as JSON in its first argument. */
export interface OwnCellTask {
  readonly url: string;
  readonly concurrency: number;
  readonly seconds: number;
  readonly workers: number;
  readonly result: string;
}

/** A cell's result: its measured requests, and what its own judgement says of the client. */
export interface CellResultFile extends ClientResult {
  readonly client_bound: string | null;
  readonly verdict: string;
}

/** One cell as a run measures it, with the judgement that a run would give it. */
const task = JSON.parse(process.argv[2]!) as OwnCellTask;
const port = await portToNullServer(task.url, task.workers);
const origin_s = port.now();
const stop = stopSchema.parse({
  min_s: task.seconds,
  max_s: task.seconds,
  max_requests: 1_000_000,
  confidence_half_width: 0.001,
});
const load = await new Promise<LoadResult>((done) => {
  const { concurrency } = task;
  const lengths = { inputTokens: 8, outputTokens: 64, maxLengthTokens: null };
  runClosedLoop(
    port,
    { ...lengths, concurrency, protocol: protocolSchema.parse({}), stop, seed: 1 },
    { done },
  );
});
await port.close();
if (load.window === null) throw new Error(`the cell ended before its window opened: ${load.stoppedBy}`);
const { reasons, verdict } = measureCell({
  ...load,
  kind: 'load',
  concurrency: task.concurrency,
  kvFill: null,
  stop,
  objectives: null,
  server: null,
  serverWholeCell: null,
  maxNumSeqs: null,
  firstOfShape: false,
  eventLoopDelay: null,
});
const measured = measuredRequests(load.timelines, load.window);
const completed = measured.filter(isCompleted);
const file: CellResultFile = {
  ...resultOf(completed, measured.length - completed.length, origin_s),
  client_bound: reasons.find(({ code }) => code === 'client_bound')?.message ?? null,
  verdict,
};
await writeFile(task.result, JSON.stringify(file));
