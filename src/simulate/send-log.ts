import { createWriteStream, type WriteStream } from 'node:fs';

/**
 * One line of a send log. Times are seconds of the system's monotonic clock (`process.hrtime`), which processes on one
 * host share: the write was handed to the kernel between `write_s` and `flushed_s`.
 */
export interface SendRecord {
  readonly request: string;
  /** The client's `x-request-id`, if it sent one. */
  readonly client_request: string | null;
  readonly kind: 'received' | 'chunk' | 'end';
  readonly tokens: number;
  readonly write_s: number;
  readonly flushed_s: number;
}

/** Monotonic seconds that other processes on this host can compare with their own. */
export const hostClock = (): number => Number(process.hrtime.bigint()) / 1e9;

/** Writes send records as JSON lines. */
export class SendLog {
  readonly #file: WriteStream;

  constructor(path: string, failed: (error: Error) => void) {
    this.#file = createWriteStream(path, { flags: 'w' });
    this.#file.on('error', failed);
  }

  add(record: SendRecord): void {
    this.#file.write(`${JSON.stringify(record)}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#file.end(() => resolve()));
  }
}
