import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import type { ReasonCode } from '../../src/measure/reasons.ts';
import type { Checks } from './checks.ts';
import { ACCELERATOR } from './lab.ts';
import { type CellData, readRunData } from './record.ts';
import { ridge } from './ridge.ts';
import { SERVER_SETTINGS, type ServeOptions, serveVllm } from './serve.ts';

/**
 * What only some servers offer, on one in its development mode: it says how it was started, its prefix cache is emptied before
 * each cell, and chats carry the load as completions do. The first cell of a shape is shown to the server before it.
 */
export async function checkOptions(
  checks: Checks,
  suite: string,
  install: ServeOptions['install'],
  folder: string,
): Promise<void> {
  const began = performance.now();
  const env = { VLLM_SERVER_DEV_MODE: '1' };
  const server = await serveVllm({ install, model: 'tiny', folder, env, timeoutS: 600 });
  try {
    const lab = await writeOptionsLab(folder, server.url, join(server.modelFolder, 'config.json'));
    const out = join(folder, 'options');
    const { exitCode, stderr } = await ridge(['run', suite, '--lab', lab, '--out', out]);
    checks.check('options: run', exitCode === 0 || exitCode === 1, `exit ${exitCode} ${stderr?.slice(-400)}`);
    const { run, cells } = await readRunData(out);
    for (const key of ['max_num_batched_tokens', 'max_num_seqs'] as const) {
      const { value, source } = run.targets[0]!.settings[key];
      const said = value === SERVER_SETTINGS[key] && source === 'server';
      checks.check(`options: ${key} by /server_info`, said, `${value} from ${source}`);
    }
    checks.check('options: every cell is there', cells.length === 2, `${cells.length} of 2`);
    for (const cell of cells) {
      checkInterface(checks, cell);
      await checkBefore(checks, out, cell);
    }
    await checkAsked(checks, server.logFile);
  } finally {
    await server.kill();
  }
  checks.check('options: took', true, `${((performance.now() - began) / 1000).toFixed(0)} s`);
}

/** Neither target says what the server says itself. */
async function writeOptionsLab(folder: string, url: string, model_config: string): Promise<string> {
  const file = join(folder, 'options-lab.yaml');
  const plain = { url, accelerator: ACCELERATOR, tensor_parallel: 1, model_config };
  const targets = { plain, chat: { ...plain, api: 'chat' } };
  await writeFile(file, stringify({ schema_version: 1, targets }));
  return file;
}

/** Codes that say that a request was not what was asked for; others are the busy host's matter. */
const INTERFACE_CODES: readonly ReasonCode[] = [
  'request_failed',
  'output_length_off',
  'input_length_off',
  'token_count_mismatch',
  'n_first_unknown',
  'multi_token_chunks',
  'prefix_cache_hit',
];

/** Requests of exact lengths, a chat's template included; no role chunk is a token. */
function checkInterface(checks: Checks, { record, timelines }: CellData): void {
  const found = record.reasons.filter(({ code }) => INTERFACE_CODES.includes(code));
  const completed = timelines.filter(({ outcome }) => outcome.state === 'completed');
  const exact = completed.filter(
    ({ usage, input_tokens, output_tokens, chunks }) =>
      usage?.prompt_tokens === input_tokens &&
      usage.completion_tokens === output_tokens &&
      // An event may carry two tokens where the server was slow to send.
      chunks.tokens.reduce((sum, tokens) => sum + tokens, 0) === output_tokens,
  );
  checks.check(
    `options: ${record.target}: requests as asked for`,
    found.length === 0 && exact.length > 0 && exact.length === completed.length,
    `${exact.length} of ${completed.length} exact; ${found.map(({ message }) => message).join('; ') || 'no reasons'}`,
  );
}

/** What happened before the cell, by its raw record. */
async function checkBefore(checks: Checks, out: string, { record, server }: CellData): Promise<void> {
  const name = `options: ${record.target}`;
  const file = `${basename(record.requests_file ?? '', '.jsonl.gz')}.json`;
  const raw = JSON.parse(await readFile(join(out, 'server', file), 'utf8')) as {
    readonly prefix_cache_reset: boolean;
    readonly touched_requests: number;
    readonly prompts: { readonly kind: string };
  };
  checks.check(
    `${name}: prefix cache emptied, no hits`,
    raw.prefix_cache_reset && server.prefix_cache_hits === 0,
    `reset ${raw.prefix_cache_reset}, ${server.prefix_cache_hits} of ${server.prefix_cache_queries} tokens hit`,
  );
  checks.check(
    `${name}: shown its shape first`,
    // One that was measured again has been shown before its first attempt.
    raw.touched_requests > 1 || record.attempts > 1,
    `${raw.touched_requests} requests, attempt ${record.attempts}`,
  );
  const kind = record.target === 'chat' ? 'chat_text' : 'random_ids';
  checks.check(`${name}: prompts`, raw.prompts.kind === kind, raw.prompts.kind);
}

/** The same by the server's own log. */
async function checkAsked(checks: Checks, logFile: string): Promise<void> {
  const log = await readFile(logFile, 'utf8');
  const answered = (path: string): number => log.split(`POST ${path} HTTP/1.1" 200`).length - 1;
  for (const path of ['/reset_prefix_cache', '/v1/chat/completions', '/v1/completions']) {
    checks.check(`options: ${path} by its log`, answered(path) > 0, `${answered(path)} answered`);
  }
}
