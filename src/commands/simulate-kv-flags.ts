import { RidgeError } from '../errors.ts';
import {
  KV_FAULTS,
  KV_LOAD_FAILURE_POLICIES,
  type KvConnector,
  type KvFault,
  kvConnector,
  oneOf,
  ROLES,
} from '../simulate/kv/options.ts';
import { optionalFlag, positiveFlag } from './flags.ts';

/** Flags of `ridge simulate` that make it one half of a pair. */
export const KV_FLAGS = {
  role: { type: 'string' },
  'kv-gb-per-s': { type: 'string' },
  'kv-handshake-s': { type: 'string' },
  'kv-lease-s': { type: 'string' },
  'kv-load-failure-policy': { type: 'string' },
  'kv-fault': { type: 'string' },
} as const;

type Flags = Readonly<Partial<Record<keyof typeof KV_FLAGS, string | undefined>>>;

/**
 * The KV connector that the flags describe; undefined without --role.
 * @throws RidgeError (exit 2) when a flag is odd, or belongs to a --role that is not given
 */
export function kvConnectorOf(flags: Flags, timeScale: number): KvConnector | undefined {
  if (flags.role === undefined) {
    const stray = Object.keys(KV_FLAGS).find((name) => flags[name as keyof Flags] !== undefined);
    if (stray === undefined) return undefined;
    throw new RidgeError(`--${stray} belongs to --role`, { mend: `Add --role ${ROLES.join(', or ')}.` });
  }
  const seconds = (flag: 'kv-handshake-s' | 'kv-lease-s') =>
    optionalFlag(flags[flag], (text) => positiveFlag(flag, text));
  const gigabytes = optionalFlag(flags['kv-gb-per-s'], (text) => positiveFlag('kv-gb-per-s', text));
  const given = {
    bytes_per_s: gigabytes === undefined ? undefined : gigabytes * 1e9,
    handshake_s: seconds('kv-handshake-s'),
    lease_s: seconds('kv-lease-s'),
    on_failure: optionalFlag(flags['kv-load-failure-policy'], (text) =>
      oneOf('kv-load-failure-policy', text, KV_LOAD_FAILURE_POLICIES),
    ),
    fault: optionalFlag(flags['kv-fault'], (text) =>
      oneOf('kv-fault', text, Object.keys(KV_FAULTS) as KvFault[]),
    ),
  };
  return kvConnector({ role: oneOf('role', flags.role, ROLES), ...given }, timeScale);
}
