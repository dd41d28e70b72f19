/** Exit codes of the command line (README, "Exit codes"). */
export const EXIT = { done: 0, refused: 1, usage: 2, failed: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface RidgeErrorDetails {
  readonly exitCode?: ExitCode;
  /** file:line:column, URL or host. */
  readonly where?: string;
  /** What the user can do about it, one sentence. */
  readonly mend?: string;
  readonly cause?: unknown;
}

/**
 * The one error that users see: what is wrong, where, and how to mend it, in one to three lines.
 * Everything else that reaches the error boundary is a bug and is printed as such.
 */
export class RidgeError extends Error {
  readonly exitCode: ExitCode;
  readonly where: string | undefined;
  readonly mend: string | undefined;

  constructor(message: string, details: RidgeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'RidgeError';
    this.exitCode = details.exitCode ?? EXIT.usage;
    this.where = details.where;
    this.mend = details.mend;
  }

  /** The lines to print, without a stack trace. */
  toLines(): string[] {
    const lines = [this.where ? `${this.where}: ${this.message}` : this.message];
    if (this.mend) lines.push(`  ${this.mend}`);
    return lines;
  }
}
