import { HEARTBEAT_MS } from './protocol.ts';

export interface AgentTimeouts {
  /** From the start of the process to its handshake; a remote host may ask for a while. */
  readonly handshakeMs: number;
  /** Without any sign of life. */
  readonly silenceMs: number;
  readonly identifyMs: number;
  /** For a cancelled cell to end, and for a process to end by itself. */
  readonly endMs: number;
}

export const TIMEOUTS: AgentTimeouts = {
  handshakeMs: 30_000,
  silenceMs: 15 * HEARTBEAT_MS,
  identifyMs: 120_000,
  endMs: 5_000,
};
