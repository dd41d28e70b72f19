import { reduce } from './reduce.ts';
import { type DashboardEvent, type DashboardState, initialState } from './state.ts';

/** The state with its listeners, in the form that React's `useSyncExternalStore` takes. */
export interface Store {
  dispatch(event: DashboardEvent): void;
  subscribe(listener: () => void): () => void;
  getState(): DashboardState;
}

/** @param nowS monotonic clock, seconds */
export function createStore(nowS: () => number): Store {
  const listeners = new Set<() => void>();
  let state = initialState;
  return {
    dispatch(event) {
      state = reduce(state, event, nowS());
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getState: () => state,
  };
}
