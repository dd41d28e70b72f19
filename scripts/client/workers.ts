import type { NullServerTiming, SentResponse } from '../../src/null-server/options.ts';
import { startNullServer } from '../../src/null-server/start.ts';
import { ownClient } from './commands.ts';
import { type ClientFigures, figuresOf } from './figures.ts';
import { HostWatch } from './host-alone.ts';
import { loadOf } from './load.ts';
import { type CpuRatio, cpuRatio, medianFigures } from './round-figures.ts';
import { RoundsClient } from './rounds.ts';
import type { Cores } from './run-client.ts';
import { figuresTable, workerLines } from './table.ts';

/** Some 4 s. */
const REQUESTS_A_STREAM = 3;
/** In which every thread compiles the client's code for itself: an agent's first 20 s of load. */
const COLD_PAIRS = 4;
const WARM_PAIRS = 20;

/**
 * Several threads against one at the same load, one core for all of them: two processes that live as long as an agent
 * does, whose rounds alternate. False when a limit is missed.
 */
export async function compareWorkers(
  streams: number,
  workers: number,
  timing: NullServerTiming,
  cores: Cores,
  resultFile: string,
): Promise<boolean> {
  const watch = await HostWatch.begin(cores, timing.periodMs, streams);
  const { pairs, truth } = await alternate(streams, workers, timing, cores, resultFile);
  const host = await watch.end(truth);
  const [cold, warm] = [pairs.slice(0, COLD_PAIRS), pairs.slice(COLD_PAIRS)];
  const [one, more] = [0, 1].map((client) => medianFigures(warm.map((pair) => pair[client]!)));
  console.log(
    `\n${streams} streams, ${WARM_PAIRS} rounds of ${REQUESTS_A_STREAM} requests a stream, one thread and ${workers} workers in turn: medians\n`,
  );
  console.log(
    figuresTable(
      new Map([
        [ownClient(1).name, one!],
        [ownClient(workers).name, more!],
      ]),
    ),
  );
  const ratio = cpuRatio(warm);
  const { lines, met } = workerLines(streams, ratio.ofSums, more!, host.beyondBound);
  for (const line of [...lines, host.lines]) console.log(line);
  console.log(spreadLine(ratio, cpuRatio(cold)));
  return met;
}

type Pair = readonly [one: ClientFigures, more: ClientFigures];

/** All pairs of rounds, and what the server sent in the last. */
interface Rounds {
  readonly pairs: readonly Pair[];
  readonly truth: readonly SentResponse[];
}

async function alternate(
  streams: number,
  workers: number,
  timing: NullServerTiming,
  cores: Cores,
  resultFile: string,
): Promise<Rounds> {
  const server = await startNullServer({
    ...timing,
    ...(cores.server === null ? {} : { cpus: cores.server }),
  });
  const clients: RoundsClient[] = [];
  try {
    for (const threads of [1, workers])
      clients.push(await RoundsClient.start({ url: server.url, workers: threads }, cores, resultFile));
    const load = loadOf(streams, REQUESTS_A_STREAM);
    let truth: readonly SentResponse[] = [];
    const round = async (client: number): Promise<ClientFigures> => {
      const run = await clients[client]!.run(load, server);
      truth = run.truth;
      return figuresOf(run);
    };
    const pairs: Pair[] = [];
    for (let pair = 0; pair < COLD_PAIRS + WARM_PAIRS; pair++) {
      // Whichever is first is first as often: what drifts meets both.
      const first = pair % 2;
      const figures = [await round(first), await round(1 - first)] as const;
      pairs.push(first === 0 ? figures : [figures[1], figures[0]]);
    }
    return { pairs, truth };
  } finally {
    for (const client of clients) await client.stop();
    await server.stop();
  }
}

const spreadLine = ({ least, most, error }: CpuRatio, cold: CpuRatio): string =>
  `        pair by pair ${least.toFixed(2)} to ${most.toFixed(2)}, standard error ${error.toFixed(3)}; in the ${COLD_PAIRS} before them, while all threads compile, ${cold.ofSums.toFixed(2)}`;
