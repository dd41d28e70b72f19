import { execa } from 'execa';
import type { PowerSample, PowerSink, RunningSampler } from './sample.ts';
import { toolEnv } from './tool-path.ts';

/** Reads the lines of one tool. */
export interface LineReader {
  /** Samples that a line holds, stamped with its arrival. */
  read(line: string, at_s: number): readonly PowerSample[];
  /** Rows that could not be read so far. */
  readonly skipped: number;
}

export interface SpawnedTool {
  readonly argv: readonly string[];
  /** Seconds between two readings: silence of many of them is a tool that hangs. */
  readonly interval_s: number;
  reader(): LineReader;
}

/** A tool that is alive prints at least once in so many intervals, and in so many seconds. */
const SILENT_INTERVALS = 10;
const LEAST_SILENCE_S = 10;
const KILL_AFTER_MS = 2_000;
const LONGEST_LINE = 64 * 1024;

/** Monotonic seconds, the clock on which a cell's requests are stamped. */
export const powerClock = (): number => performance.now() / 1000;

/**
 * A vendor's tool that prints readings until it is stopped, started directly and never through a shell. Each line is stamped
 * when it arrives, before it is parsed. A tool that dies or falls silent is reported once, with its last words.
 */
export function startTool(tool: SpawnedTool, sink: PowerSink): RunningSampler {
  const [file = '', ...args] = tool.argv;
  const child = execa(file, args, {
    buffer: false,
    reject: false,
    stdin: 'ignore',
    env: toolEnv(),
    forceKillAfterDelay: KILL_AFTER_MS,
  });
  const lines = new StampedLines(tool.reader(), sink);
  let lastWords = '';
  let lastSign = powerClock();
  let over = false;
  const fail = (message: string): void => {
    if (over) return;
    over = true;
    clearInterval(watchdog);
    sink.failed(lastWords === '' ? message : `${message}: ${lastWords}`);
  };
  const silence_s = Math.max(LEAST_SILENCE_S, SILENT_INTERVALS * tool.interval_s);
  const watchdog = setInterval(() => {
    if (powerClock() - lastSign < silence_s) return;
    fail(`${file} has printed nothing for ${Math.round(silence_s)} s`);
    child.kill('SIGKILL');
  }, 1_000).unref();
  child.stdout?.on('data', (bytes: Buffer) => {
    lastSign = powerClock();
    lines.push(bytes, lastSign);
  });
  child.stderr?.on('data', (bytes: Buffer) => {
    lastWords = bytes.toString().trim().split('\n').at(-1)?.slice(0, 200) ?? '';
  });
  void child.then((result) => {
    const how =
      result.code === 'ENOENT'
        ? 'is not installed'
        : `ended (${result.exitCode ?? result.signal ?? result.code})`;
    fail(`${file} ${how}`);
  });
  return {
    async stop() {
      over = true;
      clearInterval(watchdog);
      child.kill('SIGTERM');
      await child;
    },
  };
}

/** Cuts bytes into lines and hands their samples on; an unfinished last line is never read. */
class StampedLines {
  readonly #reader: LineReader;
  readonly #sink: PowerSink;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #skipped = 0;

  constructor(reader: LineReader, sink: PowerSink) {
    this.#reader = reader;
    this.#sink = sink;
  }

  push(bytes: Uint8Array, at_s: number): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = lines.pop()!.slice(-LONGEST_LINE);
    const samples = lines.flatMap((line) => this.#reader.read(line, at_s));
    if (samples.length > 0) this.#sink.samples(samples);
    const more = this.#reader.skipped - this.#skipped;
    if (more > 0) this.#sink.skipped(more);
    this.#skipped += more;
  }
}
