import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RidgeError } from '../errors.ts';
import type { SimulatedDevice } from './device.ts';
import type { LoopRequest } from './engine-loop.ts';
import { FaultPlan } from './fault-plan.ts';
import type { FaultRule } from './faults.ts';
import { route } from './http/routes.ts';
import type { KvConnector } from './kv/options.ts';
import { createKvSide } from './kv/side.ts';
import { LiveLoop } from './live-loop.ts';
import { POSES, type Pose } from './poses.ts';
import type { Quirk } from './power/tools/fake-tool.ts';
import { createRandom } from './random.ts';
import { SendLog } from './send-log.ts';
import type { ServerState } from './server-state.ts';

export interface EndpointOptions {
  readonly device: SimulatedDevice;
  readonly host?: string | undefined;
  /** 0: any free port. */
  readonly port?: number | undefined;
  readonly apiKey?: string | null | undefined;
  readonly powerQuirks?: readonly Quirk[] | undefined;
  readonly faults?: readonly FaultRule[] | undefined;
  /** Whose interface it shows; vLLM's by default. */
  readonly pose?: Pose | undefined;
  readonly devMode?: boolean | undefined;
  readonly tokensPerChunk?: number | undefined;
  /** Makes it one half of a pair, or both: a KV connector, see `kvConnector`. */
  readonly kv?: KvConnector | undefined;
  /** File that gets one JSON line for every request and chunk, with the time at which it was handed to the kernel. */
  readonly sendLogFile?: string | undefined;
  /** What the `exit-after` fault does; ends this process by default. */
  readonly exit?: (() => void) | undefined;
}

export interface SimulatedEndpoint {
  /** Without a trailing slash. */
  readonly url: string;
  readonly state: ServerState;
  /** Cuts every connection and stops. */
  close(): Promise<void>;
}

/**
 * Serves a simulated device over HTTP on the real clock.
 * @throws RidgeError (exit 2) when it cannot listen there
 */
export async function startEndpoint(options: EndpointOptions): Promise<SimulatedEndpoint> {
  const { device, host = '127.0.0.1', port = 0 } = options;
  let live = new LiveLoop<LoopRequest>(device);
  const newKvSide = () => (options.kv === undefined ? null : createKvSide(options.kv, live));
  let kv = newKvSide();
  let restarts = 0;
  const sendLog = options.sendLogFile === undefined ? null : new SendLog(options.sendLogFile, warnOfSendLog);
  let orders = 0;
  const server: Server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) =>
    handle(state, incoming, response),
  );
  const state: ServerState = {
    device,
    get live() {
      return live;
    },
    get kv() {
      return kv;
    },
    get restarts() {
      return restarts;
    },
    sendLog,
    faults: new FaultPlan(options.faults ?? [], createRandom(device.seed, 4)),
    random: createRandom(device.seed, 5),
    coalesces: device.effects.includes('coalesce'),
    tokensPerChunk: options.tokensPerChunk ?? 1,
    pose: options.pose ?? POSES.vllm,
    devMode: options.devMode ?? false,
    apiKey: options.apiKey ?? null,
    power: { quirks: options.powerQuirks ?? [], readings: 0, application_clock_mhz: APPLICATION_CLOCK_MHZ },
    nextOrder: () => orders++,
    stopListening: () => {
      server.close();
      server.closeIdleConnections();
    },
    restart: () => {
      server.closeAllConnections();
      live.close();
      live = new LiveLoop<LoopRequest>(device);
      kv?.leases.close();
      kv = newKvSide();
      restarts += 1;
    },
    exit: options.exit ?? (() => process.exit(1)),
  };
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    state,
    async close() {
      live.close();
      kv?.leases.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await sendLog?.close();
    },
  };
}

function handle(state: ServerState, incoming: IncomingMessage, response: ServerResponse): void {
  // A write to a client that went away fails; its request was aborted already.
  response.on('error', () => {});
  route(state, incoming, response).catch((error: unknown) => {
    console.error(`ridge simulate: ${incoming.method} ${incoming.url}: ${(error as Error).message}`);
    response.destroy();
  });
}

/** What simulated devices are set to run at. */
const APPLICATION_CLOCK_MHZ = 1755;

const warnOfSendLog = (error: Error): void =>
  console.error(`ridge simulate: --log-sends: ${error.message}; no more sends are logged`);

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new RidgeError(`cannot listen: ${error.message}`, {
          where: `${host}:${port}`,
          mend: 'Use another --port (0 takes any free one) or --host.',
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
}
