import type { Readable } from 'node:stream';
import { LineSplitter } from '../agent/lines.ts';

/** Longer lines are left out of the log. Gaudi's bucket lists are the longest useful ones. */
const LONGEST_LINE_CHARACTERS = 256 * 1024;
/** Told in one go; a server that prints more in between has its oldest lines left out. */
const FLUSH_MS = 500;
const MOST_CHARACTERS_A_FLUSH = 512 * 1024;

/** Text with every secret blotted out. */
export function redacted(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, '***')), text);
}

/**
 * Takes the lines of a server's pipes, secrets blotted out, and hands them on in batches, so that a talkative server
 * costs little. Nothing is held back from the server: its pipes are always read.
 */
export class ServerOutput {
  readonly #secrets: readonly string[];
  readonly #tell: (text: string) => void;
  readonly #onLine: (line: string) => void;
  readonly #timer: NodeJS.Timeout;
  #lines: string[] = [];
  #characters = 0;
  #leftOut = 0;

  constructor(
    pipes: readonly Readable[],
    secrets: readonly string[],
    { line, text }: { line(line: string): void; text(text: string): void },
  ) {
    this.#secrets = secrets;
    this.#tell = text;
    this.#onLine = line;
    for (const pipe of pipes) this.#listen(pipe);
    this.#timer = setInterval(() => this.flush(), FLUSH_MS).unref();
  }

  /** Hands on what there is. */
  flush(): void {
    if (this.#leftOut > 0) this.#lines.unshift(`[ridge: ${this.#leftOut} lines left out, too many at once]`);
    if (this.#lines.length === 0) return;
    this.#tell(`${this.#lines.join('\n')}\n`);
    [this.#lines, this.#characters, this.#leftOut] = [[], 0, 0];
  }

  /** The pipes have ended. */
  close(): void {
    clearInterval(this.#timer);
    this.flush();
  }

  #listen(pipe: Readable): void {
    const splitter = new LineSplitter(
      LONGEST_LINE_CHARACTERS,
      (line) => this.#add(line),
      () => this.#add('[ridge: a very long line left out]'),
    );
    pipe.on('data', (bytes: Buffer) => splitter.push(bytes));
    // A last line without its end.
    pipe.once('end', () => splitter.push(Buffer.from('\n')));
  }

  #add(line: string): void {
    const plain = redacted(line.replace(/\r$/, ''), this.#secrets);
    this.#onLine(plain);
    this.#lines.push(plain);
    this.#characters += plain.length + 1;
    while (this.#characters > MOST_CHARACTERS_A_FLUSH && this.#lines.length > 1) {
      this.#characters -= this.#lines.shift()!.length + 1;
      this.#leftOut += 1;
    }
  }
}
