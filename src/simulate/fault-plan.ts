import { countsRequests, type FaultKind, type FaultRule, type FaultTrigger, isFaultKind } from './faults.ts';
import type { Random } from './random.ts';

/** Decides which faults strike the next request. */
export class FaultPlan {
  #rules: readonly FaultRule[];
  readonly #random: Random;
  #requests = 0;

  constructor(rules: readonly FaultRule[], random: Random) {
    this.#rules = rules;
    this.#random = random;
  }

  /** Other rules from now on; requests are counted anew. */
  replace(rules: readonly FaultRule[]): void {
    this.#rules = rules;
    this.#requests = 0;
  }

  /** Whether a fault holds for the server as a whole. */
  stands(kind: FaultKind): boolean {
    return this.#rules.some((rule) => rule.kind === kind);
  }

  /** @param asked kinds that the request itself asks for in its header */
  next(asked: string | undefined): ReadonlySet<FaultKind> {
    this.#requests += 1;
    const struck = new Set<FaultKind>();
    for (const { kind, trigger } of this.#rules) if (this.#strikes(kind, trigger)) struck.add(kind);
    for (const text of asked?.split(',') ?? []) {
      const kind = text.trim();
      if (isFaultKind(kind) && !countsRequests(kind)) struck.add(kind);
    }
    return struck;
  }

  #strikes(kind: FaultKind, trigger: FaultTrigger): boolean {
    switch (trigger.when) {
      case 'always':
        return true;
      case 'probability':
        return this.#random.uniform() < trigger.probability;
      case 'from':
        return this.#requests >= trigger.first;
      case 'count':
        return countsRequests(kind) ? this.#requests === trigger.count : this.#requests <= trigger.count;
    }
  }
}
