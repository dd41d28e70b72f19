import { execa, type ResultPromise } from 'execa';
import { AgentFailure } from './failure.ts';
import { LineSplitter, parseJson } from './lines.ts';
import { type Command, LONGEST_LINE_CHARACTERS, type Reply, replySchema } from './protocol.ts';

/** Lines on the pipe that are no messages are shown so often, then only counted. */
const SHOWN_NOISE = 5;
const KEPT_STDERR_LINES = 5;

const OPTIONS = {
  stdin: 'pipe',
  stdout: 'pipe',
  stderr: 'pipe',
  buffer: false,
  reject: false,
  forceKillAfterDelay: 2_000,
} as const;
type Process = ResultPromise<typeof OPTIONS>;

export interface ChannelEvents {
  reply(reply: Reply): void;
  /** Called once, when the process has ended or could not be started. */
  ended(failure: AgentFailure): void;
  warning(message: string): void;
}

/** An agent's process and the messages on its pipes. */
export class AgentChannel {
  readonly #process: Process;
  readonly #command: string;
  readonly #events: ChannelEvents;
  readonly #stderr: string[] = [];
  #noise = 0;

  constructor(argv: readonly [string, ...string[]], events: ChannelEvents) {
    const [file, ...args] = argv;
    this.#command = argv.join(' ');
    this.#events = events;
    this.#process = execa(file, args, OPTIONS);
    // A dead agent's pipe answers writes with EPIPE; its end is told by `ended`.
    this.#process.stdin.on('error', () => undefined);
    this.#listen();
    void this.#process.then((result) => events.ended(this.#explain(result)));
  }

  send(command: Command): void {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** Ends the process; settles when it is gone. */
  async kill(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#process.kill(signal);
    await this.#process;
  }

  /** Lets the process end by itself, and kills it when it does not. */
  async end(patienceMs: number): Promise<void> {
    this.send({ type: 'shutdown' });
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill('SIGTERM'), patienceMs);
    await this.#process;
    clearTimeout(timer);
  }

  #listen(): void {
    const out = new LineSplitter(
      LONGEST_LINE_CHARACTERS,
      (line) => this.#read(line),
      () => this.#addNoise('a line of more than 32 MiB'),
    );
    this.#process.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    const err = new LineSplitter(
      4096,
      (line) => {
        this.#stderr.push(line.trim());
        if (this.#stderr.length > KEPT_STDERR_LINES) this.#stderr.shift();
      },
      () => undefined,
    );
    this.#process.stderr.on('data', (bytes: Buffer) => err.push(bytes));
  }

  #read(line: string): void {
    const parsed = replySchema.safeParse(parseJson(line));
    if (parsed.success) this.#events.reply(parsed.data);
    else this.#addNoise(line);
  }

  #addNoise(line: string): void {
    this.#noise += 1;
    if (this.#noise > SHOWN_NOISE) return;
    const text = line.length > 120 ? `${line.slice(0, 117)}...` : line;
    const last = this.#noise === SHOWN_NOISE ? '; more of it will not be shown' : '';
    this.#events.warning(`the agent's output had a line that is no message, ignored: ${text}${last}`);
  }

  #explain(result: Awaited<Process>): AgentFailure {
    if (result.code === 'ENOENT' || result.code === 'EACCES') {
      return new AgentFailure('not_started', `agent command cannot be started: ${this.#command}`, {
        mend: `No program '${this.#command.split(' ')[0]}' here; correct agent in the lab file.`,
      });
    }
    const how = result.signal ? `was killed by ${result.signal}` : `ended with exit code ${result.exitCode}`;
    const said = this.#stderr.at(-1);
    return new AgentFailure('died', `agent ${how}${said ? `: ${said}` : ''}`, { where: this.#command });
  }
}
