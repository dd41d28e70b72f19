import { parentPort, Worker } from 'node:worker_threads';
import { RidgeError, type RidgeErrorDetails } from '../errors.ts';
import { planRound, type RoundAnswer, type RoundQuestion } from '../fit/next-round.ts';

/** What the worker posts: an answer, or an error in a form that a thread can be handed. */
type Reply =
  | { readonly answer: RoundAnswer }
  | { readonly ridge: { readonly message: string } & RidgeErrorDetails }
  | { readonly bug: string };

/** Plans one round in a thread of its own; it ends with its answer. @throws what `planRound` throws */
export async function planRoundInWorker(question: RoundQuestion): Promise<RoundAnswer> {
  const worker = new Worker(new URL(import.meta.url), { name: 'round' });
  try {
    const reply = await new Promise<Reply>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the planning of a round ended with code ${code}`)));
      worker.postMessage(question);
    });
    if ('answer' in reply) return reply.answer;
    if ('bug' in reply) throw new Error(reply.bug);
    const { message, ...details } = reply.ridge;
    throw new RidgeError(message, details);
  } finally {
    await worker.terminate();
  }
}

function reply(question: RoundQuestion): Reply {
  try {
    return { answer: planRound(question) };
  } catch (error) {
    if (!(error instanceof RidgeError)) return { bug: (error as Error).stack ?? String(error) };
    const { message, exitCode, where, mend } = error;
    return { ridge: { message, exitCode, ...(where && { where }), ...(mend && { mend }) } };
  }
}

// This file is the worker's own program, too.
parentPort?.once('message', (question: RoundQuestion) => parentPort!.postMessage(reply(question)));
