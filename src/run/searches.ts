import type { Control } from './control.ts';
import type { RunListener } from './event-bus.ts';
import { searchTarget } from './find-max.ts';
import type { FindMaxOptions, Search } from './find-max-schema.ts';
import type { Measuring } from './measuring.ts';
import type { RunOptions } from './options.ts';
import type { PlannedTarget } from './prepare.ts';
import type { RemainingTime } from './remaining-time.ts';
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

  /** Searches all shapes on one target. */
  of(one: PlannedTarget): Promise<void> {
    const { options, control, emit, remaining, measuring } = this.#context;
    const context = {
      options,
      control,
      emit,
      findMax: this.#findMax,
      records: measuring.records,
      measure: async (target: PlannedTarget, cell: Parameters<Measuring['measure']>[1][number]) => {
        await measuring.measure(target, [cell]);
      },
      expect: ({ target }: PlannedTarget, cells: number, estimated_s: number) =>
        remaining.add(target.name, target.host.name, new Array(cells).fill({ estimated_s })),
      keep: (search: Search) => this.#keep(search),
    };
    return searchTarget(context, one);
  }

  #keep(search: Search): Promise<void> {
    this.#found.set(`${search.target} ${search.input_tokens} ${search.output_tokens}`, search);
    // One after another: two writes at once would share their temporary file.
    this.#written = this.#written.catch(() => undefined).then(() => this.#store.saveSearches(this.found));
    return this.#written;
  }
}
