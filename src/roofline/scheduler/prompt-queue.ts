/** A prompt to compute; after a preemption it holds the tokens generated so far, too. */
export interface Prompt {
  readonly request: number;
  readonly tokens: number;
  done: number;
}

/**
 * Prompts that wait for the engine, first come, first served, and the one that is computed in part: there is never a second,
 * since a prompt is cut only where it uses up the token budget.
 */
export class PromptQueue {
  partial: Prompt | null = null;
  readonly #waiting: Prompt[] = [];
  #first = 0;

  /** The prompt that is next to begin. */
  get head(): Prompt | undefined {
    return this.#waiting[this.#first];
  }

  add(request: number, tokens: number): void {
    this.#waiting.push({ request, tokens, done: 0 });
  }

  /** Puts a preempted request in front of all others. */
  putBack(request: number, tokens: number): void {
    const prompt = { request, tokens, done: 0 };
    if (this.#first > 0) this.#waiting[--this.#first] = prompt;
    else this.#waiting.unshift(prompt);
  }

  /** Takes out the head. */
  take(): Prompt {
    return this.#waiting[this.#first++]!;
  }
}
