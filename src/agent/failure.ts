import { EXIT, RidgeError } from '../errors.ts';

/**
 * Why an agent could not do what it was asked.
 * - `not_started`: its command does not exist or ended before the handshake
 * - `incompatible`: it is of another version
 * - `died`: its process ended
 * - `silent`: it said nothing for too long, and was killed
 * - `refused`: it answered that it cannot (endpoint not reachable, model not served, ...)
 * - `changed`: its endpoint is not the same as at the start of the run
 * - `given_up`: it died too often
 */
export type AgentFailureKind =
  | 'not_started'
  | 'incompatible'
  | 'died'
  | 'silent'
  | 'refused'
  | 'changed'
  | 'given_up';

/** The agent or what it drives failed: exit code 3 unless the agent's own answer says that the input is wrong. */
export class AgentFailure extends RidgeError {
  readonly kind: AgentFailureKind;

  constructor(
    kind: AgentFailureKind,
    message: string,
    details: { where?: string; mend?: string; exitCode?: 1 | 2 | 3; cause?: unknown } = {},
  ) {
    super(message, { exitCode: EXIT.failed, ...details });
    this.name = 'AgentFailure';
    this.kind = kind;
  }

  /** Whether another process on the same host may do better. */
  get restartable(): boolean {
    return this.kind === 'died' || this.kind === 'silent';
  }

  /** Whether the target's other cells would fail the same way. */
  get final(): boolean {
    return this.kind === 'changed' || this.kind === 'given_up' || this.kind === 'incompatible';
  }
}
