import { setTimeout as sleep } from 'node:timers/promises';
import { agentCommandLine } from '../agent/command-line.ts';
import { type AgentConnection, type AgentTimeouts, connectAgent } from '../agent/connection.ts';
import type { Reply } from '../agent/protocol.ts';
import { LogReader } from '../server/log-facts.ts';
import type { StartedServer as ServerDefinition } from '../suite/serve-schema.ts';
import { apiKeyOf, type NamedTarget, secretEnvironmentOf } from '../suite/targets.ts';
import type { LogFacts } from './served-schema.ts';

/** A target whose server the run starts. */
export type ServedTarget = NamedTarget & { readonly definition: { readonly serve: ServerDefinition } };

export const isServed = (target: NamedTarget): target is ServedTarget =>
  target.definition.serve !== undefined;

export interface ServerEvents {
  log(text: string): void;
  warning(message: string): void;
}

/** An agent needs a moment beyond the grace of its server. */
const END_PATIENCE_MS = 20_000;
/** A silent agent is killed, and a server cannot be ended by a killed one: only one that is lost counts as silent. */
const SILENCE_MS = 600_000;
const SETTLE_MS = 1_000;
/** A server that is loading may leave an agent beside it little of the host. */
const HANDSHAKE_MS = 120_000;
export const BESIDE_A_SERVER: Partial<AgentTimeouts> = { handshakeMs: HANDSHAKE_MS };

/**
 * A server on its target's host. An agent of its own starts it, so that it outlives the agent that drives the load, and
 * ends it when this process is gone.
 */
export class StartedServer {
  readyAfterS = 0;
  readonly #reader = new LogReader();
  readonly #events: ServerEvents;
  #connection: AgentConnection | null = null;
  readonly #end = Promise.withResolvers<void>();
  #ended: string | null = null;

  private constructor(events: ServerEvents) {
    this.#events = events;
  }

  /**
   * Starts it and waits until it answers.
   * @throws RidgeError (exit 3) that tells why it did not, after it was ended
   */
  static async start(
    target: ServedTarget,
    events: ServerEvents,
    signal: AbortSignal,
    timeouts?: Partial<AgentTimeouts>,
  ): Promise<StartedServer> {
    const server = new StartedServer(events);
    try {
      await server.#start(target, signal, timeouts);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** What its log says so far. */
  get facts(): LogFacts {
    return this.#reader.facts;
  }

  /** How it ended by itself; null: it runs. */
  get ended(): string | null {
    return this.#ended;
  }

  /** Waits a moment for the word that it has ended: where a cell fails, that is the likely reason. */
  async settle(): Promise<void> {
    await Promise.race([this.#end.promise, sleep(SETTLE_MS, undefined, { ref: false })]);
  }

  /** Ends it with everything it started; never fails. */
  async stop(): Promise<void> {
    await this.#connection?.close();
    this.#connection = null;
  }

  async #start(
    target: ServedTarget,
    signal: AbortSignal,
    timeouts: Partial<AgentTimeouts> | undefined,
  ): Promise<void> {
    const { url, serve, api_key_env = null } = target.definition;
    signal.throwIfAborted();
    this.#connection = await connectAgent({
      argv: agentCommandLine(target.definition),
      target: { url, model: null, api_key: apiKeyOf(target), api_key_env },
      timeouts: {
        ...BESIDE_A_SERVER,
        ...timeouts,
        silenceMs: SILENCE_MS,
        endMs: serve.stop.grace_s * 1000 + END_PATIENCE_MS,
      },
      warning: this.#events.warning,
      unasked: (reply) => this.#hear(reply),
      gone: (failure) => this.#lose(`the server was ended with its agent: ${failure.message}`),
    });
    const { argv, env, ready_timeout_s, stop, ready_url = null, log = null } = serve;
    const secret_env = secretEnvironmentOf(target);
    const task = { argv, env, ready_timeout_s, stop, secret_env, ready_url, log };
    this.readyAfterS = await this.#connection.startServer(task, signal);
  }

  #hear(reply: Reply): void {
    if (reply.type === 'server_log') {
      for (const line of reply.text.split('\n')) this.#reader.read(line);
      this.#events.log(reply.text);
    }
    if (reply.type === 'server_ended') this.#lose(reply.message);
  }

  #lose(how: string): void {
    this.#ended ??= how;
    this.#end.resolve();
  }
}

/**
 * Names of the hosts on which targets' agents run, which shows at the same time that the agents start.
 * @throws AgentFailure when one does not
 */
export async function hostNames(
  targets: readonly NamedTarget[],
  timeouts?: Partial<AgentTimeouts>,
): Promise<ReadonlyMap<string, string>> {
  const commandOf = ({ definition }: NamedTarget): string => JSON.stringify(agentCommandLine(definition));
  const known = new Map<string, Promise<string>>();
  for (const target of targets) {
    if (!known.has(commandOf(target))) known.set(commandOf(target), hostName(target, timeouts));
  }
  const names = targets.map(async (target) => [target.name, await known.get(commandOf(target))!] as const);
  return new Map(await Promise.all(names));
}

async function hostName(target: NamedTarget, timeouts?: Partial<AgentTimeouts>): Promise<string> {
  const { url } = target.definition;
  const connection = await connectAgent({
    argv: agentCommandLine(target.definition),
    target: { url, model: null, api_key: null, api_key_env: null },
    timeouts,
    warning: () => undefined,
  });
  const { name } = connection.host;
  await connection.close();
  return name;
}
