import type { Readable, Writable } from 'node:stream';
import { RidgeError } from '../errors.ts';
import type { CellProgress } from '../run/events.ts';
import { VERSION } from '../version.ts';
import type { AgentWork } from './agent-work.ts';
import { failureOf } from './failed-reply.ts';
import { isCompatible } from './handshake.ts';
import { hostFacts, wallClockSeconds } from './host-facts.ts';
import { LineSplitter, parseJson } from './lines.ts';
import {
  type AgentTarget,
  type CellTask,
  type Command,
  commandSchema,
  HEARTBEAT_MS,
  LONGEST_LINE_CHARACTERS,
  PROTOCOL_VERSION,
  type Reply,
  type ServerTask,
} from './protocol.ts';

export interface AgentPipes {
  readonly input: Readable;
  readonly output: Writable;
  /** Ends it as a `shutdown` does. */
  readonly signal?: AbortSignal;
}

/**
 * Answers commands until the input ends or a `shutdown` comes; then a server that it started is gone, too. Nothing but replies
 * goes to the output.
 */
export async function serveAgent(work: AgentWork, { input, output, signal }: AgentPipes): Promise<void> {
  const agent = new Agent(work, (reply) => output.write(`${JSON.stringify(reply)}\n`));
  const lines = new LineSplitter(
    LONGEST_LINE_CHARACTERS,
    (line) => agent.read(line),
    () => undefined,
  );
  const heartbeat = setInterval(() => agent.beat(), HEARTBEAT_MS);
  // A controller that is gone leaves nobody to answer to.
  output.on('error', () => agent.stop());
  input.on('data', (bytes: Buffer) => lines.push(bytes));
  input.once('end', () => agent.stop());
  input.once('error', () => agent.stop());
  signal?.addEventListener('abort', () => agent.stop(), { once: true });
  await agent.stopped;
  await work.close?.();
  await work.server?.stop();
  clearInterval(heartbeat);
  input.destroy();
}

class Agent {
  readonly stopped: Promise<void>;
  readonly #work: AgentWork;
  readonly #send: (reply: Reply) => void;
  readonly #running = new Map<number, AbortController>();
  readonly #stop: () => void;
  #target: AgentTarget | null = null;

  constructor(work: AgentWork, send: (reply: Reply) => void) {
    this.#work = work;
    this.#send = send;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.stopped = promise;
    this.#stop = resolve;
  }

  stop(): void {
    for (const running of this.#running.values()) running.abort();
    this.#stop();
  }

  beat(): void {
    if (this.#target) this.#send({ type: 'alive' });
  }

  read(line: string): void {
    const parsed = commandSchema.safeParse(parseJson(line));
    if (parsed.success) this.#obey(parsed.data);
    else process.stderr.write(`ridge agent: not a command: ${line.slice(0, 120)}\n`);
  }

  #obey(command: Command): void {
    switch (command.type) {
      case 'hello':
        this.#greet(command);
        break;
      case 'ping':
        this.#send({ type: 'pong', id: command.id, wall_clock_s: wallClockSeconds() });
        break;
      case 'cancel':
        this.#running.get(command.id)?.abort();
        break;
      case 'shutdown':
        this.stop();
        break;
      case 'identify':
        void this.#answer(command.id, (target) => this.#identify(command.id, target));
        break;
      case 'run_cell':
        void this.#answer(command.id, (target, signal) =>
          this.#runCell(command.id, target, command.task, signal),
        );
        break;
      case 'measure_idle':
        void this.#answer(command.id, (_, signal) => this.#measureIdle(command.id, command.seconds, signal));
        break;
      case 'start_server':
        void this.#answer(command.id, (target, signal) =>
          this.#startServer(command.id, target, command.task, signal),
        );
        break;
    }
  }

  async #measureIdle(id: number, seconds: number, signal: AbortSignal): Promise<Reply> {
    const idle = await this.#work.measureIdle?.(seconds, signal);
    return {
      type: 'idle_measured',
      id,
      idle: idle ?? { power_w: null, seconds, message: 'no power source' },
    };
  }

  async #identify(id: number, target: AgentTarget): Promise<Reply> {
    return { type: 'identified', id, identity: await this.#work.identify(target) };
  }

  #greet(command: Extract<Command, { type: 'hello' }>): void {
    const same = isCompatible(command);
    if (same) this.#target = command.target;
    const host = same ? hostFacts() : null;
    this.#send({ type: 'hello', protocol: PROTOCOL_VERSION, version: VERSION, host });
  }

  async #runCell(id: number, target: AgentTarget, task: CellTask, signal: AbortSignal): Promise<Reply> {
    const hooks = {
      progress: (progress: CellProgress) => this.#send({ type: 'progress', id, progress }),
      requests: (lines: readonly string[]) => this.#send({ type: 'requests', id, lines: [...lines] }),
      power: (text: string) => this.#send({ type: 'power', id, text }),
      steps: (text: string) => this.#send({ type: 'steps', id, text }),
    };
    const result = await this.#work.runCell(target, task, hooks, signal);
    return { type: 'cell_finished', id, result };
  }

  async #startServer(id: number, target: AgentTarget, task: ServerTask, signal: AbortSignal): Promise<Reply> {
    const { server } = this.#work;
    if (server === undefined) throw new RidgeError('this agent starts no servers');
    const hooks = {
      log: (text: string) => this.#send({ type: 'server_log', text }),
      ended: (message: string) => this.#send({ type: 'server_ended', message }),
    };
    const { ready_after_s } = await server.start(target, task, hooks, signal);
    return { type: 'server_ready', id, ready_after_s };
  }

  async #answer(
    id: number,
    work: (target: AgentTarget, signal: AbortSignal) => Promise<Reply>,
  ): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      if (this.#target === null) throw new RidgeError('no handshake yet');
      this.#send(await work(this.#target, controller.signal));
    } catch (error) {
      this.#send(failureOf(id, error));
    } finally {
      this.#running.delete(id);
    }
  }
}
