import { fileURLToPath } from 'node:url';
import { NULL_MODEL } from '../../src/null-server/options.ts';
import type { ClientLoad } from './load.ts';
import type { OwnClientTask } from './own-client.ts';

/** A client under measurement: how its command line is made. */
export interface Client {
  readonly name: string;
  argv(url: string, load: ClientLoad, result: string): readonly string[];
}

const OWN = fileURLToPath(new URL('own-client.ts', import.meta.url));

/** `keeps`: whether it writes a result; without, its memory is the port's alone. */
export const ownClient = (workers: number, keeps = true): Client => ({
  name: workers === 1 ? 'ridge' : `ridge, ${workers} workers`,
  argv: (url, load, result) => [
    process.execPath,
    OWN,
    JSON.stringify({ ...load, url, workers, result: keeps ? result : null } satisfies OwnClientTask),
  ],
});

/** `vllm bench serve` of an installed vLLM; the tokeniser is a folder on disk. */
export const vllmBench = (python: string, tokenizer: string): Client => ({
  name: 'vllm bench serve',
  argv: (url, load, result) => [
    ...[python, `${python.slice(0, python.lastIndexOf('/'))}/vllm`, 'bench', 'serve', '--backend', 'openai'],
    ...['--base-url', url, '--endpoint', '/v1/completions', '--model', NULL_MODEL, '--tokenizer', tokenizer],
    ...['--dataset-name', 'random', '--random-input-len', `${load.inputTokens}`, '--ignore-eos'],
    ...['--random-output-len', `${load.outputTokens}`, '--num-prompts', `${load.requests}`],
    ...['--max-concurrency', `${load.streams}`, '--disable-tqdm', '--save-result', '--save-detailed'],
    ...['--result-dir', result.slice(0, result.lastIndexOf('/'))],
    ...['--result-filename', result.slice(result.lastIndexOf('/') + 1)],
  ],
});

/**
 * Any other command, as `NAME=command with {url} {streams} {requests} {input_tokens} {output_tokens} {model} {result}`.
 * Throws what is wrong with it.
 */
export function otherClient(text: string): Client {
  const [, name, command] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || command === undefined)
    throw new Error(`--client takes NAME='command', not ${text}`);
  if (!command.includes('{url}')) throw new Error(`the command of ${name} has no {url}`);
  return {
    name,
    argv: (url, load, result) => {
      const values: Record<string, string> = {
        url,
        streams: `${load.streams}`,
        requests: `${load.requests}`,
        input_tokens: `${load.inputTokens}`,
        output_tokens: `${load.outputTokens}`,
        model: NULL_MODEL,
        result,
      };
      return ['sh', '-c', command.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole)];
    },
  };
}
