import { EXIT, RidgeError } from './errors.ts';
import { flagError } from './flag-error.ts';
import { suggest } from './suggest.ts';

/** What a verb's module exports. Flags are parsed by the verb; `run` returns the exit code. */
export interface Command {
  readonly summary: string;
  readonly help: string;
  run(argv: readonly string[]): Promise<number>;
}

/** The table of verbs. Each loads lazily, so that `ridge --help` and the agent start fast. */
const verbs: Record<string, { summary: string; load: () => Promise<{ command: Command }> }> = {
  probe: {
    summary: 'ask targets what they are, measure nothing',
    load: () => import('./commands/probe.ts'),
  },
  plan: {
    summary: 'print cells, order, time and what they can identify',
    load: () => import('./commands/plan.ts'),
  },
  run: {
    summary: 'measure a suite on endpoints',
    load: () => import('./commands/run.ts'),
  },
  import: {
    summary: "make a run record of others' measurements",
    load: () => import('./commands/import.ts'),
  },
  check: {
    summary: 'check suite, lab, run and fit files',
    load: () => import('./commands/check.ts'),
  },
  fit: {
    summary: 'fit the roofline to runs and write a fit file',
    load: () => import('./commands/fit.ts'),
  },
  predict: {
    summary: 'predict latency and throughput from a fit file',
    load: () => import('./commands/predict.ts'),
  },
  validate: {
    summary: "print a fit's errors on measured cells",
    load: () => import('./commands/validate.ts'),
  },
  compare: {
    summary: 'rank pairings of accelerators by cost under latency limits',
    load: () => import('./commands/compare.ts'),
  },
  frontier: {
    summary: 'print the price of compute and bandwidth, peak and fitted',
    load: () => import('./commands/frontier.ts'),
  },
  fleet: {
    summary: 'size pools of devices for a trace whose mix changes',
    load: () => import('./commands/fleet.ts'),
  },
  place: {
    summary: "place a request's stages on accelerators at least cost",
    load: () => import('./commands/place.ts'),
  },
  study: {
    summary: 're-derive published comparisons of accelerator pairs',
    load: () => import('./commands/study.ts'),
  },
  publish: {
    summary: 'check, strip, sign and publish a fit file',
    load: () => import('./commands/publish.ts'),
  },
  calibrate: {
    summary: 'measure the client itself on this host',
    load: () => import('./commands/calibrate.ts'),
  },
  agent: {
    summary: 'drive one endpoint for ridge run (started by it)',
    load: () => import('./commands/agent.ts'),
  },
  simulate: {
    summary: 'serve a simulated vLLM endpoint on a simulated accelerator',
    load: () => import('./commands/simulate.ts'),
  },
};

export const verbNames = (): string[] => Object.keys(verbs);

/** Texts behind `ridge --help TOPIC`. */
const topics: Record<string, () => Promise<string>> = {
  metrics: async () => folded((await import('./measure/definitions.ts')).metricsHelp()),
  verdicts: async () => folded((await import('./measure/verdicts-help.ts')).verdictsHelp()),
};

const folded = async (text: string): Promise<string> =>
  (await import('./report/wrap.ts')).wrapLines(text, process.stdout.columns ?? 80);

const topHelp = (): string =>
  [
    'ridge: benchmarks LLM inference and fits rooflines with error bars',
    '',
    'usage: ridge VERB [ARGS]      ridge VERB --help for one verb',
    '',
    ...Object.entries(verbs).map(([name, verb]) => `  ${name.padEnd(10)} ${verb.summary}`),
    '',
    '  ridge --version',
    ...Object.keys(topics).map((topic) => `  ridge --help ${topic}`),
  ].join('\n');

/** The entry of that name, and none for `constructor` and other names that every object has. */
const own = <T>(table: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

async function loadVerb(name: string): Promise<Command> {
  const verb = own(verbs, name);
  if (verb) return (await verb.load()).command;
  throw new RidgeError(`unknown verb '${name}'`, {
    mend: `${suggest(name, verbNames()) ?? `Verbs: ${verbNames().join(' ')}.`} See ridge --help.`,
  });
}

async function help(topic: string | undefined): Promise<string> {
  if (topic === undefined) return topHelp();
  const text = own(topics, topic);
  return text ? text() : (await loadVerb(topic)).help;
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(await help(rest[0]));
    return EXIT.done;
  }
  if (name === '--version' || name === '-v') {
    console.log((await import('./version.ts')).VERSION);
    return EXIT.done;
  }
  const command = await loadVerb(name);
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(command.help);
    return EXIT.done;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    throw flagError(error, { verb: name, argv: rest, help: command.help }) ?? error;
  }
}

/** Entry point of `bin/ridge.js`: the one place where errors become lines on stderr and an exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const debug = argv.includes('--debug');
  process.stdout.on('error', endQuietlyOnClosedPipe);
  try {
    process.exitCode = await dispatch(argv.filter((argument) => argument !== '--debug'));
  } catch (error) {
    process.exitCode = report(error, debug);
  }
}

/** `ridge ... | head` closes the pipe early: that is the reader's wish, not an error. */
function endQuietlyOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  console.error(`ridge: cannot write to stdout: ${error.code ?? error.message}`);
  process.exit(EXIT.failed);
}

function report(error: unknown, debug: boolean): number {
  if (error instanceof RidgeError) {
    const [first, ...others] = error.toLines();
    console.error([`ridge: ${first}`, ...others].join('\n'));
    if (debug) console.error(error.stack);
    return error.exitCode;
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  console.error(
    `ridge: unexpected error: ${cause.message}\n  This is a bug; run again with --debug for details.`,
  );
  if (debug) console.error(cause.stack);
  return EXIT.failed;
}
