import type { EventSource } from './event-bus.ts';
import type { RunEvent } from './events.ts';
import type { RunStore } from './store.ts';

/** What a later reader wants to know besides the cells; live figures and finished cells are kept elsewhere. */
function entryOf(event: RunEvent): Readonly<Record<string, unknown>> | null {
  switch (event.kind) {
    case 'warning':
    case 'cell_failed':
    case 'paused':
    case 'resumed':
    case 'round':
    case 'restart_spread':
      return event;
    case 'target_state':
      return event.message === null ? null : event;
    case 'run_finished':
      return { kind: event.kind, outcome: event.outcome, counts: event.counts, exit_code: event.exit_code };
    default:
      return null;
  }
}

/** Writes what happens in a run to its log, in order; what happened before the record was open is written first. */
export class RunLog {
  readonly #early: Readonly<Record<string, unknown>>[] = [];
  readonly #onError: (error: unknown) => void;
  #store: RunStore | null = null;
  #written: Promise<void> = Promise.resolve();

  /** @param onError called when the log cannot be written, so that the run ends instead of losing it silently */
  constructor(events: EventSource, onError: (error: unknown) => void) {
    this.#onError = onError;
    events.subscribe((event) => {
      const entry = entryOf(event);
      if (entry) this.#add({ at: new Date().toISOString(), ...entry });
    });
  }

  attach(store: RunStore): void {
    this.#store = store;
    for (const entry of this.#early.splice(0)) this.#add(entry);
  }

  /** Settles when everything so far is written. */
  flush(): Promise<void> {
    return this.#written;
  }

  #add(entry: Readonly<Record<string, unknown>>): void {
    const store = this.#store;
    if (store === null) this.#early.push(entry);
    else this.#written = this.#written.then(() => store.log(entry)).catch(this.#onError);
  }
}
