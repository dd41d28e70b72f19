import { extname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';

/** The thread's file beside this one, compiled or not. */
const THREAD = new URL(`./sender-thread${extname(import.meta.url)}`, import.meta.url);

/**
 * Threads that no port uses. A new one starts in a tenth of a second, and compiles all code that runs often in its first
 * ten seconds, as every thread does for itself: over the cells of a run that is paid once.
 */
const idle = new Set<Worker>();

/** A thread of `sender-thread.ts` that waits to be opened; it keeps the process alive until it is given back. */
export function takeThread(): Worker {
  for (const worker of idle) {
    idle.delete(worker);
    worker.ref();
    return worker;
  }
  // V8 collects the whole heap of a thread that allocates little again and again, to make it smaller: time in which nothing
  // is read, and it begins with each thread's own copy of all modules. They are still collected when they have grown.
  setFlagsFromString('--no-memory-reducer');
  const worker = new Worker(THREAD);
  // One that dies idle is nobody's loss; whoever uses it listens as well.
  worker.on('error', () => {});
  worker.once('exit', () => idle.delete(worker));
  return worker;
}

/** For the next that needs one. It must have been closed, and nobody may listen to it any more. */
export function giveBackThread(worker: Worker): void {
  worker.unref();
  idle.add(worker);
}
