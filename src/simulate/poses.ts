import { RidgeError } from '../errors.ts';

/** Which engine's interface the simulated endpoint shows, and what that interface lacks. */
export interface Pose {
  readonly engine: string;
  /** What `/v1/models` names as the owner. */
  readonly ownedBy: string;
  /** Optional fields of a request that it understands; the others are ignored, as these engines do. */
  readonly continuousUsage: boolean;
  readonly tokenIds: boolean;
  readonly cacheSalt: boolean;
  /** Whether `/v1/models` says how long a request can be. */
  readonly maxModelLength: boolean;
  /** Where Prometheus finds its metrics. */
  readonly metricsPath: string;
  /** POST there empties the prefix cache; null: there is no such way (vLLM has one in its development mode). */
  readonly flushPath: string | null;
  /** Whether the last chunk carries llama-server's `timings`. */
  readonly timings: boolean;
}

export const POSES = {
  vllm: {
    engine: 'vllm',
    ownedBy: 'vllm',
    continuousUsage: true,
    tokenIds: true,
    cacheSalt: true,
    maxModelLength: true,
    metricsPath: '/metrics',
    flushPath: null,
    timings: false,
  },
  sglang: {
    engine: 'sglang',
    ownedBy: 'sglang',
    continuousUsage: true,
    tokenIds: false,
    cacheSalt: false,
    maxModelLength: true,
    metricsPath: '/metrics',
    flushPath: '/flush_cache',
    timings: false,
  },
  trtllm: {
    engine: 'tensorrt-llm',
    ownedBy: 'tensorrt_llm',
    continuousUsage: false,
    tokenIds: false,
    cacheSalt: false,
    maxModelLength: false,
    metricsPath: '/prometheus/metrics',
    flushPath: null,
    timings: false,
  },
  'llama-server': {
    engine: 'llama-server',
    ownedBy: 'llamacpp',
    continuousUsage: false,
    tokenIds: false,
    cacheSalt: false,
    maxModelLength: false,
    metricsPath: '/metrics',
    flushPath: null,
    timings: true,
  },
} as const satisfies Record<string, Pose>;

/** @throws RidgeError (exit 2) that lists the names */
export function poseOf(name: string): Pose {
  if (Object.hasOwn(POSES, name)) return POSES[name as keyof typeof POSES];
  throw new RidgeError(`unknown engine '${name}'`, {
    where: '--engine',
    mend: `Known: ${Object.keys(POSES).join(', ')}.`,
  });
}
