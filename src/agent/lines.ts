/**
 * Cuts a byte stream into lines. A line beyond the limit is dropped up to its end and reported once, so that a broken
 * peer cannot fill the memory.
 */
export class LineSplitter {
  readonly #limit: number;
  readonly #onLine: (line: string) => void;
  readonly #onDropped: () => void;
  readonly #decoder = new TextDecoder();
  #parts: string[] = [];
  #length = 0;
  #dropping = false;

  constructor(limit: number, onLine: (line: string) => void, onDropped: () => void) {
    this.#limit = limit;
    this.#onLine = onLine;
    this.#onDropped = onDropped;
  }

  push(bytes: Uint8Array): void {
    const pieces = this.#decoder.decode(bytes, { stream: true }).split('\n');
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) this.#endLine();
      this.#append(piece);
    }
  }

  #append(piece: string): void {
    if (this.#dropping) return;
    this.#length += piece.length;
    if (this.#length > this.#limit) {
      this.#dropping = true;
      this.#parts = [];
      this.#onDropped();
      return;
    }
    if (piece !== '') this.#parts.push(piece);
  }

  #endLine(): void {
    const line = this.#parts.join('');
    const whole = !this.#dropping;
    this.#parts = [];
    this.#length = 0;
    this.#dropping = false;
    if (whole && line.trim() !== '') this.#onLine(line);
  }
}

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
