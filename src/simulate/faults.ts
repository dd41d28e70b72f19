import { RidgeError } from '../errors.ts';
import type { Random } from './random.ts';

/** What can be made to go wrong, and how. `half way` is half of the requested output tokens. */
export const FAULTS = {
  'http-429': 'answers 429 before any stream',
  'http-500': 'answers 500 before any stream',
  'http-503': 'answers 503 before any stream',
  'slow-first-byte': 'holds the response back for half a second',
  'reset-mid-stream': 'resets the connection half way',
  'stall-mid-stream': 'goes silent half way and keeps the connection open',
  'error-in-stream': 'sends an error object half way, inside the 200',
  truncated: 'ends the response half way: no finish reason, no usage, no [DONE]',
  garbage: 'sends what is not JSON half way, and goes on',
  'no-usage': 'leaves every usage out',
  'wrong-usage': 'counts one output token too many in the final usage',
  'missing-done': 'leaves [DONE] out',
  'refused-after': 'stops listening after N requests; those running finish',
  'exit-after': 'exits half way through the Nth request',
} as const;
export type FaultKind = keyof typeof FAULTS;

/** When a fault strikes: every request, a share of them, or the first N; for `*-after` kinds the Nth request. */
export type FaultTrigger =
  | { readonly when: 'always' }
  | { readonly when: 'probability'; readonly probability: number }
  | { readonly when: 'count'; readonly count: number };

export interface FaultRule {
  readonly kind: FaultKind;
  readonly trigger: FaultTrigger;
}

const isKind = (kind: string): kind is FaultKind => Object.hasOwn(FAULTS, kind);
const countsRequests = (kind: FaultKind): boolean => kind.endsWith('-after');

/**
 * Reads `KIND`, `KIND:0.1` (probability) or `KIND:3` (the first three requests, or after three).
 * @throws RidgeError (exit 2)
 */
export function parseFault(text: string): FaultRule {
  const [kind = '', amount, ...rest] = text.split(':');
  if (!isKind(kind)) {
    throw new RidgeError(`unknown fault '${kind}'`, {
      where: '--fault',
      mend: `Known: ${Object.keys(FAULTS).join(', ')}.`,
    });
  }
  const value = amount === undefined ? null : Number(amount);
  const isCount = value !== null && Number.isInteger(value) && value >= 1;
  const isProbability = value !== null && value > 0 && value < 1;
  if (rest.length > 0 || (value !== null && !isCount && !isProbability)) {
    throw new RidgeError(`'${text}' needs a whole number of requests or a probability below 1 after ':'`, {
      where: '--fault',
    });
  }
  if (countsRequests(kind) && !isCount) {
    throw new RidgeError(`${kind} needs a number of requests`, {
      where: '--fault',
      mend: `For example --fault ${kind}:5.`,
    });
  }
  if (value === null) return { kind, trigger: { when: 'always' } };
  return isCount
    ? { kind, trigger: { when: 'count', count: value } }
    : { kind, trigger: { when: 'probability', probability: value } };
}

/** Decides which faults strike the next request. */
export class FaultPlan {
  readonly #rules: readonly FaultRule[];
  readonly #random: Random;
  #requests = 0;

  constructor(rules: readonly FaultRule[], random: Random) {
    this.#rules = rules;
    this.#random = random;
  }

  /** @param asked kinds that the request itself asks for in its header */
  next(asked: string | undefined): ReadonlySet<FaultKind> {
    this.#requests += 1;
    const struck = new Set<FaultKind>();
    for (const { kind, trigger } of this.#rules) if (this.#strikes(kind, trigger)) struck.add(kind);
    for (const kind of asked?.split(',') ?? []) {
      if (isKind(kind.trim()) && !countsRequests(kind.trim() as FaultKind))
        struck.add(kind.trim() as FaultKind);
    }
    return struck;
  }

  #strikes(kind: FaultKind, trigger: FaultTrigger): boolean {
    switch (trigger.when) {
      case 'always':
        return true;
      case 'probability':
        return this.#random.uniform() < trigger.probability;
      case 'count':
        return countsRequests(kind) ? this.#requests === trigger.count : this.#requests <= trigger.count;
    }
  }
}
