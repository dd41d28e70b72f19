import type { Readable, Writable } from 'node:stream';
import { EXIT, RidgeError } from '../errors.ts';
import type { CellProgress } from '../run/events.ts';
import { VERSION } from '../version.ts';
import { isCompatible } from './handshake.ts';
import { hostFacts, wallClockSeconds } from './host-facts.ts';
import { LineSplitter, parseJson } from './lines.ts';
import {
  type AgentTarget,
  type CellResult,
  type CellTask,
  type Command,
  commandSchema,
  HEARTBEAT_MS,
  type Identity,
  LONGEST_LINE_CHARACTERS,
  PROTOCOL_VERSION,
  type Reply,
} from './protocol.ts';

/** What an agent does with its endpoint; the messages around it are the same for every engine. */
export interface AgentWork {
  identify(target: AgentTarget): Promise<Identity>;
  runCell(
    target: AgentTarget,
    task: CellTask,
    hooks: { progress(progress: CellProgress): void; requests(lines: readonly string[]): void },
    signal: AbortSignal,
  ): Promise<CellResult>;
}

export interface AgentPipes {
  readonly input: Readable;
  readonly output: Writable;
}

/** Answers commands until the input ends or a `shutdown` comes. Nothing but replies goes to the output. */
export async function serveAgent(work: AgentWork, { input, output }: AgentPipes): Promise<void> {
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
  await agent.stopped;
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
    }
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
    };
    const result = await this.#work.runCell(target, task, hooks, signal);
    return { type: 'cell_finished', id, result };
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

function failureOf(id: number, error: unknown): Reply {
  if (error instanceof RidgeError) {
    const { message, where = null, mend = null, exitCode } = error;
    return { type: 'failed', id, message, where, mend, exit_code: exitCode };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'failed', id, message, where: null, mend: null, exit_code: EXIT.failed };
}
