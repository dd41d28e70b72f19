import { RidgeError } from '../../errors.ts';

/** What a server with a KV connector does: computes prompts for others, takes prompts from others, or both. */
export const ROLES = ['prefill', 'decode', 'both'] as const;
export type Role = (typeof ROLES)[number];

/** How a transfer can go wrong; each strikes every transfer. */
export const KV_FAULTS = {
  'no-params': 'the prefill server answers without kv_transfer_params',
  lost: 'the prefill server has lost the blocks when they are asked for',
  expired: 'the lease of the blocks is over when they are asked for',
  slow: 'transfers take a hundred times as long, as over TCP',
} as const;
export type KvFault = keyof typeof KV_FAULTS;

/** What a decode server does with a request whose KV does not arrive. */
export const KV_LOAD_FAILURE_POLICIES = ['fail', 'recompute'] as const;
export type KvLoadFailurePolicy = (typeof KV_LOAD_FAILURE_POLICIES)[number];

/** A KV connector, in the time that clients see (the device's time scale is part of it). */
export interface KvConnector {
  readonly role: Role;
  /** Of one rank's link, one direction. */
  readonly bytes_per_s: number;
  /** Of each transfer, whatever its size. */
  readonly base_s: number;
  /** Of the first transfer from each prefill server. */
  readonly handshake_s: number;
  /** How long a prefill server keeps blocks that nobody fetches; a timer of the host, which no time scale changes. */
  readonly lease_s: number;
  readonly on_failure: KvLoadFailurePolicy;
  readonly fault: KvFault | null;
}

/** A 400 Gb/s link; the handshake is that of one report on a pair of A6000. */
const DEFAULTS = { bytes_per_s: 50e9, base_s: 0.5e-3, handshake_s: 3.6, lease_s: 30 } as const;
const SLOW = 100;

/** A connector with vLLM's defaults, but for what is given (in the device's own time). */
export function kvConnector(
  given: { readonly role: Role } & { readonly [Key in keyof KvConnector]?: KvConnector[Key] | undefined },
  timeScale: number,
): KvConnector {
  return {
    role: given.role,
    bytes_per_s:
      (given.bytes_per_s ?? DEFAULTS.bytes_per_s) / timeScale / (given.fault === 'slow' ? SLOW : 1),
    base_s: (given.base_s ?? DEFAULTS.base_s) * timeScale,
    handshake_s: (given.handshake_s ?? DEFAULTS.handshake_s) * timeScale,
    lease_s: given.lease_s ?? DEFAULTS.lease_s,
    on_failure: given.on_failure ?? 'fail',
    fault: given.fault ?? null,
  };
}

/**
 * One of the names of a list, as a flag gives it.
 * @throws RidgeError (exit 2) that lists the names
 */
export function oneOf<Name extends string>(flag: string, text: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw new RidgeError(`--${flag} ${text}: not known`, { mend: `Use one of ${names.join(', ')}.` });
}
