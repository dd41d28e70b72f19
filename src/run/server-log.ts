import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically, writing } from './write-file.ts';

/** A log that grows beyond this keeps its beginning, which says what the server is, and its end, which says how it went. */
const MOST_BYTES = 8 * 1024 * 1024;
const KEPT_BYTES = 2 * 1024 * 1024;

/** Path in the run's folder. */
export const serverLogFile = (target: string): string => `server/${target}.log`;

/** What a server printed, over all its starts, in `server/TARGET.log`; bounded in size. */
export class ServerLog {
  readonly #path: string;
  readonly #onError: (error: unknown) => void;
  #written: Promise<void> = Promise.resolve();
  #bytes: number | null = null;

  /** @param onError called when it cannot be written, so that the run ends instead of losing it silently */
  constructor(folder: string, target: string, onError: (error: unknown) => void) {
    this.#path = join(folder, serverLogFile(target));
    this.#onError = onError;
  }

  append(text: string): void {
    this.#written = this.#written.then(() => this.#append(text)).catch(this.#onError);
  }

  /** Settles when everything so far is written. */
  flush(): Promise<void> {
    return this.#written;
  }

  async #append(text: string): Promise<void> {
    this.#bytes ??= await stat(this.#path).then(
      ({ size }) => size,
      () => 0,
    );
    await writing(this.#path, async () => {
      const handle = await open(this.#path, 'a');
      await handle.writeFile(text).finally(() => handle.close());
    });
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes > MOST_BYTES) await this.#shorten();
  }

  async #shorten(): Promise<void> {
    const whole = await writing(this.#path, () => readFile(this.#path));
    const leftOut = whole.length - 2 * KEPT_BYTES;
    const mark = Buffer.from(`\n[ridge: ${leftOut} bytes left out]\n`);
    const shorter = Buffer.concat([whole.subarray(0, KEPT_BYTES), mark, whole.subarray(-KEPT_BYTES)]);
    await writeAtomically(this.#path, shorter);
    this.#bytes = shorter.length;
  }
}
