import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ReasonCode } from '../../src/measure/reasons.ts';
import type { Checks } from './checks.ts';
import { ACCELERATOR } from './lab.ts';
import { type CellData, readRunData } from './record.ts';
import { ridge } from './ridge.ts';
import { type ServeOptions, serveVllm } from './serve.ts';

/** Tokens that the server proposes for a sequence in a step. */
const PROPOSED = 3;

/** A server that speculates with n-grams of the prompt: its cells have what it proposed and accepted, and every token arrives. */
export async function checkSpeculation(
  checks: Checks,
  suite: string,
  install: ServeOptions['install'],
  folder: string,
): Promise<void> {
  const began = performance.now();
  const method = { method: 'ngram', num_speculative_tokens: PROPOSED, prompt_lookup_max: 3 };
  const extraArgs = ['--speculative-config', JSON.stringify(method)];
  const server = await serveVllm({ install, model: 'tiny', folder, extraArgs, cpus: '1', timeoutS: 600 });
  try {
    const lab = join(folder, 'speculation-lab.yaml');
    const model_config = join(server.modelFolder, 'config.json');
    const targets = {
      ngram: { url: server.url, accelerator: ACCELERATOR, tensor_parallel: 1, model_config },
    };
    await writeFile(lab, stringify({ schema_version: 1, targets }));
    const out = join(folder, 'speculation');
    const { exitCode, stderr } = await ridge(['run', suite, '--lab', lab, '--out', out]);
    checks.check(
      'speculation: run',
      exitCode === 0 || exitCode === 1,
      `exit ${exitCode} ${stderr?.slice(-400)}`,
    );
    const { cells } = await readRunData(out);
    checks.check('speculation: every cell is there', cells.length === 3, `${cells.length} of 3`);
    for (const cell of cells) {
      checkTokens(checks, cell);
      if (cell.record.cell.kind === 'cached') checkCached(checks, cell);
      else checkCounters(checks, cell);
    }
  } finally {
    await server.kill();
  }
  checks.check('speculation: took', true, `${((performance.now() - began) / 1000).toFixed(0)} s`);
}

const nameOf = ({ record: { cell } }: CellData): string =>
  `speculation: ${cell.kind} ${cell.input_tokens}/${cell.output_tokens} C ${cell.concurrency}`;

/** Codes that say that a request was not what was asked for, or that a cell's own accounts do not agree. */
const CODES: readonly ReasonCode[] = [
  'request_failed',
  'output_length_off',
  'input_length_off',
  'token_count_mismatch',
  'n_first_unknown',
  'little_law',
  'prefix_cache_hit',
  'speculation_missing',
  'model_card_mismatch',
];

/** However many tokens a step gives, all of them reach the client, and no account of the cell breaks. */
function checkTokens(checks: Checks, cell: CellData): void {
  const { record, timelines } = cell;
  const found = record.reasons.filter(({ code }) => CODES.includes(code));
  const completed = timelines.filter(({ outcome }) => outcome.state === 'completed');
  const whole = completed.filter(
    ({ chunks, output_tokens }) => chunks.tokens.reduce((sum, tokens) => sum + tokens, 0) === output_tokens,
  );
  checks.check(
    `${nameOf(cell)}: every token`,
    found.length === 0 && whole.length > 0 && whole.length === completed.length,
    `${whole.length} of ${completed.length} whole; ${found.map(({ message }) => message).join('; ') || 'no reasons'}`,
  );
}

/** What the counters say of steps is what the stream shows: tokens of an event, one and those accepted. */
function checkCounters(checks: Checks, cell: CellData): void {
  const { spec_drafts: drafts = null, spec_draft_tokens: proposed = null } = cell.record.server ?? {};
  const accepted = cell.record.server?.spec_accepted_tokens ?? null;
  const per = drafts && proposed ? proposed / drafts : null;
  checks.check(
    `${nameOf(cell)}: proposed as configured`,
    per !== null && per > 1 && per <= PROPOSED,
    `${proposed} tokens for ${drafts} sequences, ${accepted} accepted`,
  );
  const tokens = (read: (sum: number, each: number) => number): number =>
    cell.timelines.reduce((sum, { chunks }) => sum + chunks.tokens.slice(1).reduce(read, 0), 0);
  const several = tokens((sum, each) => sum + (each - 1));
  const share =
    several /
    Math.max(
      1,
      tokens((sum, each) => sum + each),
    );
  const made = cell.record.server?.generation_tokens ?? 0;
  const counted = (accepted ?? 0) / Math.max(1, made);
  checks.check(
    `${nameOf(cell)}: accepted tokens arrive with their step`,
    Math.abs(share - counted) < 0.1,
    `${(100 * share).toFixed(0)} % of the tokens came beside another, ${(100 * counted).toFixed(0)} % were accepted`,
  );
}

function checkCached(checks: Checks, cell: CellData): void {
  const { prefix_cache_hits: hits, prefix_cache_queries: queries } = cell.record.server ?? {};
  const { cached_input_tokens: wanted = 0, input_tokens: input } = cell.record.cell;
  const share = hits && queries ? hits / queries : 0;
  checks.check(
    `${nameOf(cell)}: its prefix was in the cache`,
    Math.abs(share - wanted / input) < 0.01,
    `${hits} of ${queries} tokens hit, ${((100 * wanted) / input).toFixed(0)} % wanted`,
  );
}
