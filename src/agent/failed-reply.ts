import { EXIT, RidgeError } from '../errors.ts';
import type { Reply } from './protocol.ts';

/** What an agent answers when it cannot do what it was asked. */
export function failureOf(id: number, error: unknown): Reply {
  if (error instanceof RidgeError) {
    const { message, where = null, mend = null, exitCode } = error;
    return { type: 'failed', id, message, where, mend, exit_code: exitCode };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'failed', id, message, where: null, mend: null, exit_code: EXIT.failed };
}
