import type { Control } from './control.ts';
import type { RunListener } from './event-bus.ts';
import { isSearched, type SearchContext, searchTarget } from './find-max.ts';
import { type FindMaxOptions, type Search, searchKey } from './find-max-schema.ts';
import type { LaneContext } from './lane-context.ts';
import type { Measuring } from './measuring.ts';
import type { RunOptions } from './options.ts';
import type { PlannedTarget } from './prepare.ts';
import type { RemainingTime } from './remaining-time.ts';
import type { RunTarget } from './schema.ts';
import type { RunStore } from './store.ts';

interface SearchingContext {
  readonly options: RunOptions;
  readonly control: Control;
  readonly emit: RunListener;
  readonly remaining: RemainingTime;
  readonly measuring: Measuring;
}

/** The searches of a run, kept in its record after every cell. */
export class Searches {
  readonly #store: RunStore;
  readonly #context: SearchingContext;
  readonly #findMax: FindMaxOptions;
  readonly #found = new Map<string, Search>();
  #written: Promise<void> = Promise.resolve();

  constructor(store: RunStore, context: SearchingContext, findMax: FindMaxOptions) {
    this.#store = store;
    this.#context = context;
    this.#findMax = findMax;
  }

  get found(): readonly Search[] {
    return [...this.#found.values()];
  }

  /** Searches all shapes on one target. @param session that drives it, unless it is the target's own */
  of(one: PlannedTarget, session = one.session as LaneContext['session']): Promise<void> {
    const { remaining, measuring } = this.#context;
    const { target } = one;
    return searchTarget(
      {
        ...this.#searching,
        measure: async (cell) => void (await measuring.measure(one, [cell], () => true, session)),
        expect: (cells, estimated_s) =>
          remaining.add(target.name, target.host.name, new Array(cells).fill({ estimated_s })),
      },
      target,
    );
  }

  /** Tells what the record answers of a target. @returns false, and nothing is told, where cells are missing */
  async tellFinished(target: RunTarget): Promise<boolean> {
    if (!isSearched(this.#searching, target)) return false;
    const nothing = { measure: async () => undefined, expect: () => undefined };
    await searchTarget({ ...this.#searching, ...nothing }, target);
    return true;
  }

  get #searching(): Omit<SearchContext, 'measure' | 'expect'> {
    const { options, control, emit, measuring } = this.#context;
    const keep = (search: Search): Promise<void> => this.#keep(search);
    return { options, control, emit, findMax: this.#findMax, records: measuring.records, keep };
  }

  #keep(search: Search): Promise<void> {
    this.#found.set(searchKey(search), search);
    // One after another: two writes at once would share their temporary file.
    this.#written = this.#written.catch(() => undefined).then(() => this.#store.saveSearches(this.found));
    return this.#written;
  }
}
