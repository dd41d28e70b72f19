import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ReasonCode } from '../../src/measure/reasons.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { checkRequests, isWhole, NOT_AS_ASKED } from './check-requests.ts';
import type { Checks } from './checks.ts';
import { targetOf } from './lab.ts';
import { measureOn } from './measure-on.ts';
import type { CellData } from './record.ts';
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
    const plain = targetOf(server);
    const targets = { plain, chat: { ...plain, api: 'chat' } };
    const { out, run, cells } = await measureOn(checks, 'options', { suite, folder, targets });
    // Neither target says what the server says itself.
    for (const key of ['max_num_batched_tokens', 'max_num_seqs'] as const) {
      const { value, source } = run.targets[0]!.settings[key];
      const said = value === SERVER_SETTINGS[key] && source === 'server';
      checks.check(`options: ${key} by /server_info`, said, `${value} from ${source}`);
    }
    checks.check('options: every cell is there', cells.length === 2, `${cells.length} of 2`);
    for (const cell of cells) {
      const name = `options: ${cell.record.target}: requests as asked for`;
      checkRequests(checks, name, cell, { codes: CODES, holds: isExact });
      await checkBefore(checks, out, cell);
    }
    await checkAsked(checks, server.logFile);
  } finally {
    await server.kill();
  }
  checks.took('options', began);
}

const CODES: readonly ReasonCode[] = [...NOT_AS_ASKED, 'multi_token_chunks'];

/** Of exact lengths, a chat's template included; no role chunk is a token. */
const isExact = (request: RequestTimeline): boolean =>
  request.usage?.prompt_tokens === request.input_tokens &&
  request.usage.completion_tokens === request.output_tokens &&
  isWhole(request);

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
