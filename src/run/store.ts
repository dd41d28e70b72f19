import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { RidgeError } from '../errors.ts';
import { LOCK_FILE, lockRun } from './lock.ts';
import { makeFolder } from './make-folder.ts';
import { CELLS_FILE, RUN_FILE, type RunRecord, readRun, SEARCHES_FILE } from './read-run.ts';
import { type CellRecord, RUN_SCHEMA_VERSION, type Run, type Search } from './schema.ts';
import { appendDurably, placeError, writeAtomically, writing } from './write-file.ts';

const FOLDERS = ['requests', 'steps', 'power', 'server'] as const;

/** Idle powers of the targets, before their first cells and after their last. */
export const IDLE_POWER_FILE = 'power/idle.jsonl';

/** Names a cell's files: the target, and enough of the key to be unique. */
const fileName = (target: string, key: string): string => `${target}.${key.slice(0, 16)}`;

/** Writes one run's record. Append-only while running: what was written once is never changed by this class. */
export class RunStore {
  readonly folder: string;
  readonly #unlock: () => Promise<void>;

  private constructor(folder: string, unlock: () => Promise<void>) {
    this.folder = folder;
    this.#unlock = unlock;
  }

  /**
   * Makes the folder of a new run.
   * @throws RidgeError (exit 2) when it exists and is not empty, or cannot be made or written
   */
  static async create(folder: string): Promise<RunStore> {
    try {
      await RunStore.#makeEmpty(folder);
      return await RunStore.#open(folder);
    } catch (error) {
      throw placeError(folder, error);
    }
  }

  static async #makeEmpty(folder: string): Promise<void> {
    await writing(folder, () => makeFolder(folder));
    const present = await writing(folder, () => readdir(folder));
    // A run stopped before its first file was whole left only these: nothing to lose, nothing to resume.
    const leftovers: readonly string[] = [...FOLDERS, LOCK_FILE];
    if (present.some((name) => !leftovers.includes(name) && !name.startsWith(`${RUN_FILE}.`))) {
      throw new RidgeError('this folder exists and is not empty', {
        where: folder,
        mend: present.includes(RUN_FILE)
          ? `Go on with it by ridge run --resume ${folder}, or give another --out.`
          : 'It holds no run; give another --out.',
      });
    }
  }

  /** Opens an existing run to go on with it; an unfinished last line is moved aside and named in `warnings`. */
  static async resume(folder: string): Promise<{ store: RunStore; record: RunRecord }> {
    const before = await readRun(folder);
    const store = await RunStore.#open(folder);
    if (before.torn === '') return { store, record: before };
    const aside = await store.#setAside(before.torn);
    const warning = `the last line of ${CELLS_FILE} was cut off by a stop in the middle of a write; kept in ${aside}`;
    return { store, record: { ...before, torn: '', warnings: [...before.warnings, warning] } };
  }

  static async #open(folder: string): Promise<RunStore> {
    const unlock = await lockRun(folder);
    for (const name of FOLDERS) {
      const path = join(folder, name);
      await writing(path, () => makeFolder(path));
    }
    return new RunStore(folder, unlock);
  }

  async #setAside(torn: string): Promise<string> {
    const cells = join(this.folder, CELLS_FILE);
    const name = `cells.torn-${Date.now()}.txt`;
    await writeAtomically(join(this.folder, name), torn);
    const { size } = await writing(cells, () => stat(cells));
    await writing(cells, () => truncate(cells, size - Buffer.byteLength(torn)));
    return name;
  }

  writeRun(run: Run): Promise<void> {
    return writeAtomically(join(this.folder, RUN_FILE), `${JSON.stringify(run, null, 2)}\n`);
  }

  /**
   * Stores a cell's request timelines; call it before `appendCell`, so that a finished cell has them.
   * @param lines one JSON text a request, see `RequestLine`
   * @returns the file's path in the run's folder
   */
  async saveRequests(target: string, key: string, lines: readonly string[]): Promise<string> {
    const name = `requests/${fileName(target, key)}.jsonl.gz`;
    const packed = await promisify(gzip)(lines.map((line) => `${line}\n`).join(''));
    await writeAtomically(join(this.folder, name), packed);
    return name;
  }

  /**
   * Stores the engine's steps of a cell, as `saveRequests` its requests.
   * @param text JSON of `StepColumns`
   * @returns the file's path in the run's folder
   */
  async saveSteps(target: string, key: string, text: string): Promise<string> {
    const name = `steps/${fileName(target, key)}.json.gz`;
    await writeAtomically(join(this.folder, name), await promisify(gzip)(`${text}\n`));
    return name;
  }

  /**
   * Stores the power readings of a cell, as `saveRequests` its requests.
   * @param text JSON of `SampleColumns`
   * @returns the file's path in the run's folder
   */
  async savePower(target: string, key: string, text: string): Promise<string> {
    const name = `power/${fileName(target, key)}.json.gz`;
    await writeAtomically(join(this.folder, name), await promisify(gzip)(`${text}\n`));
    return name;
  }

  /** Keeps an idle power that was measured: one line of JSON a measurement. */
  appendIdlePower(line: Readonly<Record<string, unknown>>): Promise<void> {
    return appendDurably(join(this.folder, IDLE_POWER_FILE), `${JSON.stringify(line)}\n`);
  }

  /** Stores what the server's counters said around a cell's window. */
  saveServer(target: string, key: string, snapshots: unknown): Promise<void> {
    const path = join(this.folder, `server/${fileName(target, key)}.json`);
    return writeAtomically(path, `${JSON.stringify(snapshots)}\n`);
  }

  /** Keeps what searches for the highest load have found so far. */
  saveSearches(searches: readonly Search[]): Promise<void> {
    const text = JSON.stringify({ schema_version: RUN_SCHEMA_VERSION, searches }, null, 2);
    return writeAtomically(join(this.folder, SEARCHES_FILE), `${text}\n`);
  }

  /** The cell is finished when this returns: its whole line is on the disk. */
  appendCell(record: CellRecord): Promise<void> {
    return appendDurably(join(this.folder, CELLS_FILE), `${JSON.stringify(record)}\n`);
  }

  /** Keeps what happened besides cells: warnings, restarts, resumes. */
  log(entry: Readonly<Record<string, unknown>>): Promise<void> {
    return appendDurably(join(this.folder, 'log.jsonl'), `${JSON.stringify(entry)}\n`);
  }

  close(): Promise<void> {
    return this.#unlock();
  }
}
