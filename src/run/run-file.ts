import { VERSION } from '../version.ts';
import type { RunOptions } from './options.ts';
import type { NotStarted, RestartSpread, Run, RunTarget } from './schema.ts';
import { RUN_SCHEMA_VERSION } from './schema.ts';

/** What a run knows of its targets beside the options that it began with. */
export interface RunFacts {
  readonly targets: readonly RunTarget[];
  readonly notStarted: readonly NotStarted[];
  readonly restartSpread: readonly RestartSpread[];
}

/** What `run.json` says. */
export function describeRun(
  { id, suite, simulate, rounds, findMax }: RunOptions,
  { targets, notStarted, restartSpread }: RunFacts,
  created_at: string,
): Run {
  return {
    schema_version: RUN_SCHEMA_VERSION,
    id,
    created_at,
    tool: { name: 'ridgepoint', version: VERSION },
    suite: { file: suite.file, digest: suite.digest, content: suite.suite },
    targets: [...targets],
    simulate,
    ...(rounds && { adaptive: rounds.options }),
    ...(findMax && { find_max: findMax }),
    imported: null,
    ...(notStarted.length > 0 && { not_started: [...notStarted] }),
    ...(restartSpread.length > 0 && { restart_spread: [...restartSpread] }),
    quantile_method: 'linear',
  };
}

/** Keeps `run.json` at what is known: servers that the run starts tell what they are one after another. */
export class RunFile {
  readonly #options: RunOptions;
  readonly #createdAt: string;
  readonly #write: (run: Run) => Promise<void>;
  #facts: RunFacts;
  #written: Promise<void> = Promise.resolve();

  constructor(options: RunOptions, facts: RunFacts, createdAt: string, write: (run: Run) => Promise<void>) {
    this.#options = options;
    this.#facts = facts;
    this.#createdAt = createdAt;
    this.#write = write;
  }

  get run(): Run {
    return describeRun(this.#options, this.#facts, this.#createdAt);
  }

  write(): Promise<void> {
    // One after another: two writes at once would share their temporary file.
    this.#written = this.#written.catch(() => undefined).then(() => this.#write(this.run));
    return this.#written;
  }

  /** A target has told what it is, or told more. */
  setTarget(target: RunTarget): Promise<void> {
    const order = this.#options.targets.map(({ name }) => name);
    const targets = [...this.#facts.targets.filter(({ name }) => name !== target.name), target];
    this.#facts = {
      ...this.#facts,
      targets: targets.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name)),
      notStarted: this.#facts.notStarted.filter(({ name }) => name !== target.name),
    };
    return this.write();
  }

  setRestartSpread(spread: RestartSpread): Promise<void> {
    const others = this.#facts.restartSpread.filter(({ target }) => target !== spread.target);
    this.#facts = { ...this.#facts, restartSpread: [...others, spread] };
    return this.write();
  }
}
