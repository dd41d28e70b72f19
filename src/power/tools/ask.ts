import { execa } from 'execa';
import { toolEnv } from '../tool-path.ts';

const PROBE_TIMEOUT_MS = 10_000;

/** Output of one call of a tool; null when it is not there, fails, or does not answer in time. */
export async function ask(argv: readonly string[], signal?: AbortSignal): Promise<string | null> {
  const [file = '', ...args] = argv;
  const result = await execa(file, args, {
    reject: false,
    stdin: 'ignore',
    env: toolEnv(),
    timeout: PROBE_TIMEOUT_MS,
    ...(signal && { cancelSignal: signal }),
    maxBuffer: 8 * 1024 * 1024,
  });
  return result.failed ? null : result.stdout;
}

/** As `ask`, for a reading that is a failure when the tool says nothing. */
export async function askOrFail(argv: readonly string[], signal: AbortSignal): Promise<string> {
  const answer = await ask(argv, signal);
  if (answer === null) throw new Error(`${argv[0]} did not answer`);
  return answer;
}
