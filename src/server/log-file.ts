import { type FileHandle, open } from 'node:fs/promises';
import { EXIT, RidgeError } from '../errors.ts';

/**
 * The file on this host that also gets what a server prints, where the lab file names one.
 * @throws RidgeError (exit 3) when it cannot be written
 */
export class LogFile {
  readonly #handle: FileHandle;
  #written: Promise<unknown> = Promise.resolve();

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(path: string): Promise<LogFile> {
    try {
      return new LogFile(await open(path, 'a'));
    } catch (cause) {
      throw new RidgeError(`the server's log cannot be written: ${(cause as NodeJS.ErrnoException).code}`, {
        exitCode: EXIT.failed,
        where: path,
        mend: 'Correct log in the lab file, or leave it out: the run keeps the log anyway.',
        cause,
      });
    }
  }

  /** Best effort once it is open: the run's own copy counts. */
  append(text: string): void {
    this.#written = this.#written.then(() => this.#handle.writeFile(text)).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#written;
    await this.#handle.close().catch(() => undefined);
  }
}
