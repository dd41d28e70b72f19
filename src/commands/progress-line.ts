import { formatClock } from '../report/format.ts';

/** Where a progress line can stand. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const CLEAR = '\r\u001B[2K';
const UNKNOWN_WIDTH = 80;

/** One line of a terminal that is written over, with a clock that runs on in long steps; nothing where the stream is no terminal. */
export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #began = performance.now();
  #text = '';
  #clock: NodeJS.Timeout | null = null;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  /** For example `hold-out shape 1024/1024 (3 of 10), 0:07`. */
  show(what: string, done: number, total: number): void {
    if (!this.#stream.isTTY) return;
    this.#text = total > 1 ? `${what} (${done + 1} of ${total})` : what;
    this.#draw();
    this.#clock ??= setInterval(() => this.#draw(), 1000).unref();
  }

  clear(): void {
    if (this.#clock !== null) clearInterval(this.#clock);
    this.#clock = null;
    if (this.#stream.isTTY) this.#stream.write(CLEAR);
  }

  #draw(): void {
    // Some terminals say that they have no columns at all.
    const width = (this.#stream.columns || UNKNOWN_WIDTH) - 1;
    const text = `${this.#text}, ${formatClock((performance.now() - this.#began) / 1e3)}`;
    this.#stream.write(`${CLEAR}${text.slice(0, width)}`);
  }
}
