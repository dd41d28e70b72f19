import type { RequestRole, RequestTimeline } from '../measure/timeline.ts';

/** A request as the load pattern wants it. The port makes the prompt: fresh token ids and a fresh salt. */
export interface RequestSpec {
  readonly sequence: number;
  readonly stream: number;
  readonly role: RequestRole;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Seconds on the port's clock. */
  readonly scheduledAt: number;
}

/**
 * Where a load pattern meets the world: a clock and an endpoint. Two implementations: real sockets (`endpoint/`) and
 * virtual time (`simulate/`), so that one and the same load code is studied over many seeds and run against real servers.
 * Callbacks, not promises: virtual time advances only between callbacks.
 */
export interface LoadPort {
  /** Monotonic seconds. */
  now(): number;
  /** Calls `wake` at the given time, or as soon as possible after it. Returns a function that cancels. */
  at(time: number, wake: () => void): () => void;
  /** Sends a request; `ended` is called exactly once, later, with a timeline on the port's clock. Returns a function that aborts it (`ended` is still called). */
  send(spec: RequestSpec, ended: (timeline: RequestTimeline) => void): () => void;
}
