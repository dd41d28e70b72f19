import type { Stretch } from './stretch.ts';

/** Whom a worker's next step was planned with: all who have come, or those who had as the step before it began. */
export class StepPlan {
  readonly #ahead: boolean;
  /** When those came whom no plan has met. */
  readonly #late = new Map<number, number>();

  constructor(ahead: boolean) {
    this.#ahead = ahead;
  }

  came(request: number, at_s: number): void {
    if (this.#ahead) this.#late.set(request, at_s);
  }

  /** A stretch of steps is over. */
  ended({ steps, step_s }: Pick<Stretch, 'steps' | 'step_s'>, at_s: number): void {
    // One that was cut before its first step planned nothing.
    if (steps === 0) return;
    const planned_s = at_s - step_s;
    for (const [request, came_s] of this.#late) if (came_s <= planned_s) this.#late.delete(request);
  }

  /** Plans with all who have come; returns whether anybody is new to it. */
  anew(): boolean {
    const found = this.#late.size > 0;
    this.#late.clear();
    return found;
  }

  knows(request: number): boolean {
    return !this.#late.has(request);
  }

  /** Whether nobody waits for a plan. */
  get isComplete(): boolean {
    return this.#late.size === 0;
  }
}
