import type { IdlePower } from '../run/energy-schema.ts';
import { VERSION } from '../version.ts';
import { AgentChannel } from './channel.ts';
import { measureClock } from './clock-offset.ts';
import type { AgentHost, ConnectOptions, RunCellHooks } from './connect-options.ts';
import { Conversation } from './conversation.ts';
import { AgentFailure } from './failure.ts';
import { asNotStarted, isCompatible, otherVersion } from './handshake.ts';
import {
  type AgentTarget,
  type CellResult,
  type CellTask,
  type Command,
  HEARTBEAT_MS,
  type HostFacts,
  type Identity,
  PROTOCOL_VERSION,
  type Reply,
  type ServerTask,
} from './protocol.ts';
import { type AgentTimeouts, TIMEOUTS } from './timeouts.ts';

export type { AgentHost, ConnectOptions, RunCellHooks } from './connect-options.ts';
export type { AgentTimeouts } from './timeouts.ts';

/**
 * Starts an agent and shakes hands with it.
 * @throws AgentFailure when its command does not exist, it ends, stays silent or is of another version
 */
export async function connectAgent(options: ConnectOptions): Promise<AgentConnection> {
  const connection = new AgentConnection(options);
  await connection.open(options.target);
  return connection;
}

/** A started agent. Each method fails with an `AgentFailure`; after `died` or `silent` the connection is of no use. */
export class AgentConnection {
  readonly #channel: AgentChannel;
  readonly #conversation: Conversation;
  readonly #timeouts: AgentTimeouts;
  readonly #command: string;
  readonly #hooks: Pick<ConnectOptions, 'unasked' | 'gone'>;
  readonly #greeting = Promise.withResolvers<Extract<Reply, { type: 'hello' }>>();
  #lastSignMs = performance.now();
  #watchdog: NodeJS.Timeout | null = null;
  #host: AgentHost | null = null;

  constructor({ argv, timeouts, warning, ...hooks }: ConnectOptions) {
    this.#timeouts = { ...TIMEOUTS, ...timeouts };
    this.#command = argv.join(' ');
    this.#hooks = hooks;
    this.#channel = new AgentChannel(argv, {
      reply: (reply) => this.#receive(reply),
      ended: (failure) => this.#fail(failure),
      warning,
    });
    this.#conversation = new Conversation(
      (command) => this.#channel.send(command),
      (what) => this.#giveUp(what),
    );
  }

  /** The agent's host; known once it is open. */
  get host(): AgentHost {
    if (this.#host === null) throw new TypeError('the agent has not shaken hands');
    return this.#host;
  }

  async open(target: AgentTarget): Promise<void> {
    const facts = await this.#shakeHands(target);
    this.#lastSignMs = performance.now();
    this.#watchdog = setInterval(() => this.#watch(), HEARTBEAT_MS).unref();
    const { offset_s, bound_s } = await this.#measureClock();
    this.#host = { ...facts, clock_offset_s: offset_s, clock_offset_bound_s: bound_s };
  }

  /** What the endpoint is. Fails as `refused` when it cannot be reached, is no such server or lacks the model. */
  async identify(): Promise<Identity> {
    const options = { timeoutMs: this.#timeouts.identifyMs };
    const reply = await this.#conversation.ask((id) => ({ type: 'identify', id }), 'identified', options);
    return reply.identity;
  }

  /**
   * Measures one cell.
   * @param signal aborts the cell: the call then fails with the signal's reason, and the agent stays usable
   */
  async runCell(task: CellTask, hooks: RunCellHooks, signal: AbortSignal): Promise<CellResult> {
    signal.throwIfAborted();
    const options = {
      signal,
      cancelMs: this.#timeouts.endMs,
      onReply: (between: Reply): void => {
        if (between.type === 'progress') hooks.progress(between.progress);
        else if (between.type === 'requests') hooks.requests(between.lines);
        else if (between.type === 'power') hooks.power?.(between.text);
        else if (between.type === 'steps') hooks.steps(between.text);
      },
    };
    try {
      const reply = await this.#conversation.ask(
        (id) => ({ type: 'run_cell', id, task }),
        'cell_finished',
        options,
      );
      return reply.result;
    } finally {
      signal.throwIfAborted();
    }
  }

  /** Starts the target's server on the agent's host; it ends with the agent. @returns seconds until it was ready */
  async startServer(task: ServerTask, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const options = { signal, cancelMs: this.#timeouts.endMs };
    try {
      const ask = (id: number) => ({ type: 'start_server' as const, id, task });
      return (await this.#conversation.ask(ask, 'server_ready', options)).ready_after_s;
    } finally {
      signal.throwIfAborted();
    }
  }

  /** Power while the server has nothing to do; the signal ends it early. */
  async measureIdle(seconds: number, signal: AbortSignal): Promise<IdlePower> {
    const options = { signal, cancelMs: this.#timeouts.endMs };
    const ask = (id: number): Command => ({ type: 'measure_idle', id, seconds });
    return (await this.#conversation.ask(ask, 'idle_measured', options)).idle;
  }

  /** Ends the agent, and its server with it; never fails. */
  async close(): Promise<void> {
    if (this.#watchdog) clearInterval(this.#watchdog);
    await this.#channel.end(this.#timeouts.endMs);
  }

  async #shakeHands(target: AgentTarget): Promise<HostFacts> {
    const { handshakeMs } = this.#timeouts;
    const timer = setTimeout(() => this.#giveUp(`no handshake within ${handshakeMs / 1000} s`), handshakeMs);
    this.#channel.send({ type: 'hello', protocol: PROTOCOL_VERSION, version: VERSION, target });
    try {
      return this.#compatible(await this.#greeting.promise);
    } catch (error) {
      throw asNotStarted(error, this.#command);
    } finally {
      clearTimeout(timer);
    }
  }

  #compatible(reply: Extract<Reply, { type: 'hello' }>): HostFacts {
    if (isCompatible(reply) && reply.host) return reply.host;
    void this.#channel.kill();
    throw otherVersion(reply, this.#command);
  }

  #measureClock(): Promise<{ offset_s: number; bound_s: number }> {
    const options = { timeoutMs: this.#timeouts.handshakeMs };
    return measureClock(async () => {
      const pong = await this.#conversation.ask((id) => ({ type: 'ping', id }), 'pong', options);
      return pong.wall_clock_s;
    });
  }

  #receive(reply: Reply): void {
    this.#lastSignMs = performance.now();
    if (reply.type === 'hello') this.#greeting.resolve(reply);
    else if ('id' in reply) this.#conversation.receive(reply);
    else this.#hooks.unasked?.(reply);
  }

  #watch(): void {
    const silentMs = performance.now() - this.#lastSignMs;
    if (silentMs > this.#timeouts.silenceMs) {
      this.#giveUp(`no sign of life for ${Math.round(silentMs / 1000)} s`);
    }
  }

  #giveUp(what: string): void {
    this.#fail(new AgentFailure('silent', `agent was stopped: ${what}`, { where: this.#command }));
    void this.#channel.kill('SIGKILL');
  }

  #fail(failure: AgentFailure): void {
    if (this.#watchdog) clearInterval(this.#watchdog);
    this.#greeting.promise.catch(() => undefined);
    this.#greeting.reject(failure);
    this.#conversation.fail(failure);
    this.#hooks.gone?.(failure);
  }
}
