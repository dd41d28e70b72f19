import type { ReasonCode } from '../../src/measure/reasons.ts';
import { checkRequests, isWhole, NOT_AS_ASKED } from './check-requests.ts';
import type { Checks } from './checks.ts';
import { targetOf } from './lab.ts';
import { measureOn } from './measure-on.ts';
import type { CellData } from './record.ts';
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
    const targets = { ngram: targetOf(server) };
    const { cells } = await measureOn(checks, 'speculation', { suite, folder, targets });
    checks.check('speculation: every cell is there', cells.length === 3, `${cells.length} of 3`);
    for (const cell of cells) {
      // However many tokens a step gives, all of them reach the client, and no account of the cell breaks.
      checkRequests(checks, `${nameOf(cell)}: every token`, cell, { codes: CODES, holds: isWhole });
      if (cell.record.cell.kind === 'cached') checkCached(checks, cell);
      else checkCounters(checks, cell);
    }
  } finally {
    await server.kill();
  }
  checks.took('speculation', began);
}

const nameOf = ({ record: { cell } }: CellData): string =>
  `speculation: ${cell.kind} ${cell.input_tokens}/${cell.output_tokens} C ${cell.concurrency}`;

/** Beside them, codes that say that a cell's own accounts do not agree. */
const CODES: readonly ReasonCode[] = [
  ...NOT_AS_ASKED,
  'little_law',
  'speculation_missing',
  'model_card_mismatch',
];

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
