import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { EXIT, RidgeError, type RidgeErrorDetails } from '../errors.ts';
import type { RunCells } from '../fit/from-runs.ts';
import type { OnProgress } from '../fit/validate.ts';
import type { MakeFitOptions } from '../fitfile/make-fit.ts';
import type { Fit } from '../fitfile/schema.ts';

/** What a thread is asked to fit. */
export interface FitJob {
  readonly runs: readonly RunCells[];
  readonly options: Omit<MakeFitOptions, 'onProgress'>;
}

/** What it says. */
export type FitMessage =
  | { readonly kind: 'progress'; readonly what: string; readonly done: number; readonly total: number }
  | { readonly kind: 'refused'; readonly message: string; readonly details: RidgeErrorDetails }
  | { readonly kind: 'done'; readonly fit: Fit };

export interface FitWatch {
  readonly onProgress?: OnProgress | undefined;
  /** Ends the fit; nothing is kept. */
  readonly signal?: AbortSignal | undefined;
}

/** The worker beside this file, compiled or not. */
const WORKER = new URL(`./fit-worker${extname(import.meta.url)}`, import.meta.url);

/**
 * Fits in a thread of its own, so that Ctrl-C and the progress line stay alive.
 * @throws RidgeError, see `makeFit`; (exit 130) when it was ended
 */
export async function fitInWorker(job: FitJob, { onProgress, signal }: FitWatch = {}): Promise<Fit> {
  const worker = new Worker(WORKER, { workerData: job });
  const end = (): void => void worker.terminate();
  signal?.addEventListener('abort', end);
  try {
    return await new Promise<Fit>((resolve, reject) => {
      worker.on('message', (message: FitMessage) => {
        if (message.kind === 'progress') onProgress?.(message.what, message.done, message.total);
        else if (message.kind === 'done') resolve(message.fit);
        else reject(new RidgeError(message.message, message.details));
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(interrupted()));
    });
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

const interrupted = (): RidgeError =>
  new RidgeError('the fit was interrupted; nothing was written', { exitCode: EXIT.interrupted });
