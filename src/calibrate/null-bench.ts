import { createEndpointPort, type EndpointPort } from '../endpoint/port.ts';
import { randomIdPrompts } from '../endpoint/prompts.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { hostClockOffsetS } from '../host-clock.ts';
import { NULL_MODEL, type NullServerTiming } from '../null-server/options.ts';
import { type NullServerProcess, startNullServer } from '../null-server/start.ts';
import { driveStreams } from './drive-streams.ts';
import { type PairedRequest, pairRequests, type Span } from './stamps.ts';

/** A port of the client to a null server of its own. */
interface Lane {
  readonly server: NullServerProcess;
  readonly port: EndpointPort;
}

export interface BenchShape {
  readonly servers: number;
  /** Threads of the client a server; 1: this thread. */
  readonly workersAServer: number;
}

export interface BenchLoad {
  readonly streams: number;
  readonly outputTokens: number;
  readonly windowS: number;
}

export interface Measured {
  readonly pairs: readonly PairedRequest[];
  readonly window: Span;
}

/** Tokens leave all streams at the same instant, as from an engine's step: the hardest way to receive them. */
export const BENCH_TIMING = {
  periodMs: 10,
  firstTokenMs: 20,
  release: 'together',
  keepLog: true,
} as const satisfies NullServerTiming;

/** The client's own ports to null servers in processes of their own. */
export class NullBench {
  readonly #lanes: readonly Lane[];

  private constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes;
  }

  /** @throws RidgeError (exit 3) when a server does not start */
  static async open({ servers, workersAServer }: BenchShape): Promise<NullBench> {
    const starting = Array.from({ length: servers }, () => openLane(workersAServer));
    const settled = await Promise.allSettled(starting);
    const bench = new NullBench(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed === undefined) return bench;
    await bench.close();
    throw new RidgeError(`the null server cannot be started: ${(failed.reason as Error).message}`, {
      exitCode: EXIT.failed,
      cause: failed.reason,
    });
  }

  /**
   * So many streams, one request after another each, for a window in which all of them are busy.
   * @throws RidgeError (exit 3) when a request fails, with its message
   */
  async measure({ streams, outputTokens, windowS }: BenchLoad): Promise<Measured> {
    const ports = this.#lanes.map(({ port }) => port);
    const { seen, window } = await driveStreams(ports, {
      streams,
      outputTokens,
      rampS: (BENCH_TIMING.firstTokenMs + BENCH_TIMING.periodMs * outputTokens) / 1000,
      windowS,
    });
    const logs = await Promise.all(this.#lanes.map(({ server }) => server.takeLog()));
    return {
      pairs: logs.flatMap((log, lane) => pairRequests(seen[lane]!, log)),
      window: { from: window.from + hostClockOffsetS, to: window.to + hostClockOffsetS },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.flatMap(({ server, port }) => [port.close(), server.stop()]));
  }
}

async function openLane(workers: number): Promise<Lane> {
  const server = await startNullServer(BENCH_TIMING);
  const port = createEndpointPort({
    url: server.url,
    apiKey: null,
    model: NULL_MODEL,
    features: {
      token_id_prompts: true,
      cache_salt: true,
      continuous_usage: true,
      return_token_ids: true,
      metrics: false,
    },
    prompts: randomIdPrompts(null),
    temperature: 0,
    seed: 1,
    requestTimeoutSeconds: 60,
    stallTimeoutSeconds: 30,
    workers,
  });
  await port.ready();
  return { server, port };
}
