import { parentPort, workerData } from 'node:worker_threads';
import { RidgeError } from '../errors.ts';
import { makeFit } from '../fitfile/make-fit.ts';
import type { FitJob, FitMessage } from './fit-in-worker.ts';

/** Body of the thread that `fitInWorker` starts: data in, progress and the fit's content out. */
const { runs, options } = workerData as FitJob;
const post = (message: FitMessage): void => parentPort!.postMessage(message);

try {
  const onProgress = (what: string, done: number, total: number): void =>
    post({ kind: 'progress', what, done, total });
  post({ kind: 'done', fit: makeFit(runs, { ...options, onProgress }) });
} catch (error) {
  // Classes do not cross threads; what is no message for users ends the thread as an error.
  if (!(error instanceof RidgeError)) throw error;
  const { message, exitCode, where, mend } = error;
  const details = { exitCode, ...(where !== undefined && { where }), ...(mend !== undefined && { mend }) };
  post({ kind: 'refused', message, details });
}
