import { parseArgs } from 'node:util';
import { EXIT, RidgeError } from './errors.ts';

/** What a verb's module exports. Flags are parsed by the verb; `run` returns the exit code. */
export interface Command {
  readonly summary: string;
  readonly help: string;
  run(argv: readonly string[]): Promise<number>;
}

/** The table of verbs. Each loads lazily, so that `ridge --help` and the agent start fast. */
const verbs: Record<string, { summary: string; load: () => Promise<{ command: Command }> }> = {};

export const verbNames = (): string[] => Object.keys(verbs);

const topHelp = (): string =>
  [
    'ridge: benchmarks LLM inference on accelerators and fits rooflines with error bars',
    '',
    'usage: ridge VERB [ARGS]      ridge VERB --help for one verb',
    '',
    ...Object.entries(verbs).map(([name, verb]) => `  ${name.padEnd(10)} ${verb.summary}`),
    '',
    '  ridge --version',
    '  ridge --help metrics | verdicts',
  ].join('\n');

async function dispatch(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(topHelp());
    return EXIT.done;
  }
  const verb = verbs[name];
  if (!verb) {
    throw new RidgeError(`unknown verb '${name}'`, {
      mend: `Verbs: ${verbNames().join(' ')}. See ridge --help.`,
    });
  }
  const { command } = await verb.load();
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(command.help);
    return EXIT.done;
  }
  return command.run(rest);
}

/** Entry point of `bin/ridge.js`: the one place where errors become lines on stderr and an exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const debug = argv.includes('--debug');
  try {
    process.exitCode = await dispatch(argv.filter((argument) => argument !== '--debug'));
  } catch (error) {
    process.exitCode = report(error, debug);
  }
}

function report(error: unknown, debug: boolean): number {
  if (error instanceof RidgeError) {
    console.error(
      error
        .toLines()
        .map((line, index) => (index === 0 ? `ridge: ${line}` : line))
        .join('\n'),
    );
    if (debug) console.error(error.stack);
    return error.exitCode;
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  if ('code' in cause && String(cause.code).startsWith('ERR_PARSE_ARGS')) {
    console.error(`ridge: ${cause.message.split('\n')[0]}\n  See ridge VERB --help for its flags.`);
    return EXIT.usage;
  }
  console.error(
    `ridge: unexpected error: ${cause.message}\n  This is a bug; run again with --debug for details.`,
  );
  if (debug) console.error(cause.stack);
  return EXIT.failed;
}
void parseArgs;
