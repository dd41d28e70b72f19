import type { NullServerTiming } from '../../src/null-server/options.ts';
import { ownClient } from './commands.ts';
import { figuresOf } from './figures.ts';
import { loadOf } from './load.ts';
import { type Cores, runClient } from './run-client.ts';
import { figuresTable, workerLines } from './table.ts';

/** Some 40 s, as short cells last: every thread compiles the client's code for itself, which takes its first ten seconds. */
const REQUESTS_A_STREAM = 30;

/** Several threads against one at the same load, one core for all of them. False when a limit is missed. */
export async function compareWorkers(
  streams: number,
  workers: number,
  timing: NullServerTiming,
  cores: Cores,
  resultFile: string,
): Promise<boolean> {
  const load = loadOf(streams, REQUESTS_A_STREAM);
  const [one, more] = [ownClient(1), ownClient(workers)];
  const ofOne = figuresOf(await runClient(one, load, timing, cores, resultFile));
  const ofMore = figuresOf(await runClient(more, load, timing, cores, resultFile));
  console.log(
    `\n${streams} streams, ${REQUESTS_A_STREAM} requests each: a cell, whose threads have compiled their code\n`,
  );
  console.log(
    figuresTable(
      new Map([
        [one.name, ofOne],
        [more.name, ofMore],
      ]),
    ),
  );
  const { lines, met } = workerLines(ofOne, ofMore);
  for (const line of lines) console.log(line);
  return met;
}
