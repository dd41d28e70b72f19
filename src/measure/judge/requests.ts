import { counted } from '../../plural.ts';
import type { CellEvidence } from '../evidence.ts';
import type { Reason } from '../reasons.ts';
import { harmfulFailures } from '../selection.ts';
import { asPercent, invalid, type Judge, reason } from './case.ts';

/** HTTP error, error event inside a 200, truncated stream, timeout, lost connection. */
export function judgeFailures(evidence: CellEvidence): Reason | null {
  const failures = harmfulFailures(evidence.timelines, evidence.window);
  const first = failures[0]?.outcome;
  if (first?.state !== 'failed') return null;
  const kinds = `${first.kind}${first.http_status === null ? '' : ` ${first.http_status}`}`;
  const count = `${failures.length} of ${counted(evidence.timelines.length, 'request')} failed`;
  return invalid('request_failed', `${count}; the first: ${kinds}: ${first.message}`, failures.length, 0);
}

export const judgeOutputLength: Judge = ({ completed }) => {
  const off = completed.filter(
    (request) => request.usage !== null && request.usage.completion_tokens !== request.output_tokens,
  );
  const first = off[0];
  if (first === undefined) return null;
  const example = `${first.usage!.completion_tokens} instead of ${first.output_tokens} tokens`;
  return invalid(
    'output_length_off',
    `${counted(off.length, 'request')} got another length, such as ${example}`,
    off.length,
    0,
  );
};

export const judgeInputLength: Judge = ({ completed }) => {
  const off = completed.filter(
    (request) => request.usage !== null && request.usage.prompt_tokens !== request.input_tokens,
  );
  const first = off[0];
  if (first === undefined) return null;
  const example = `${first.usage!.prompt_tokens} instead of ${first.input_tokens} tokens`;
  return invalid(
    'input_length_off',
    `the server counted ${counted(off.length, 'prompt')} otherwise, such as ${example}`,
    off.length,
    0,
  );
};

export const judgeFirstChunk: Judge = ({ completed }) => {
  const unknown = completed.filter((request) => request.tokens_counted_by === 'chunks').length;
  if (unknown === 0) return null;
  const message = `no token counts by chunk in ${counted(unknown, 'request')}: one token in the first chunk is assumed`;
  return reason('n_first_unknown', 'flagged', 'use', message, unknown, 0);
};

export const judgeChunks: Judge = ({ metrics, thresholds }) => {
  const share = metrics.single_token_chunks;
  if (share === null || share >= thresholds.multi_token_chunks_single_share) return null;
  const message = `${asPercent(share)} of the chunks carry one token: gaps are ICL, not ITL`;
  return reason(
    'multi_token_chunks',
    'note',
    'use',
    message,
    share,
    thresholds.multi_token_chunks_single_share,
  );
};
