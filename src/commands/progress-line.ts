/** Where a progress line can stand. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const CLEAR = '\r\u001B[2K';
const UNKNOWN_WIDTH = 80;

/** One line of a terminal that is written over; nothing where the stream is none. */
export class ProgressLine {
  readonly #stream: ProgressStream;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  /** For example `hold-out shape 1024/1024 (3 of 10)`. */
  show(what: string, done: number, total: number): void {
    if (!this.#stream.isTTY) return;
    const text = total > 1 ? `${what} (${done + 1} of ${total})` : what;
    // Some terminals say that they have no columns at all.
    const width = (this.#stream.columns || UNKNOWN_WIDTH) - 1;
    this.#stream.write(`${CLEAR}${text.slice(0, width)}`);
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write(CLEAR);
  }
}
