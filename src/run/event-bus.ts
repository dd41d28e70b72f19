import type { RunEvent } from './events.ts';

export type RunListener = (event: RunEvent) => void;

/** Where a run's events come from, as watchers see it. */
export interface EventSource {
  /** Calls the listener with every event from now on; returns the way to stop that. */
  subscribe(listener: RunListener): () => void;
}

/** Hands every event to every listener, in order. */
export class EventBus implements EventSource {
  readonly #listeners = new Set<RunListener>();

  subscribe = (listener: RunListener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  emit = (event: RunEvent): void => {
    for (const listener of [...this.#listeners]) listener(event);
  };
}
