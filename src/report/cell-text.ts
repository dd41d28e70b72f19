import type { CellShape } from '../run/schema.ts';
import { formatNumber, formatTokens } from './format.ts';

/** `4k/512`: input over output tokens. */
export const shapeText = ({ input_tokens, output_tokens }: CellShape): string =>
  `${formatTokens(input_tokens)}/${formatTokens(output_tokens)}`;

/** `decode `, `cached 2k `; nothing for `load`. */
const kindText = ({ kind, cached_input_tokens: cached }: CellShape): string => {
  if (kind === 'load') return '';
  return cached === undefined ? `${kind} ` : `${kind} ${formatTokens(cached)} `;
};

/** `16`, `kv 90%`, `5/s`: the load of a cell, as short as a column's head. Kinds but `load` stand before it. */
export function loadText(cell: CellShape): string {
  const { concurrency, arrivals, kv_fill } = cell;
  const load =
    arrivals !== null
      ? `${formatNumber(arrivals.rate_per_s)}/s`
      : kv_fill === null
        ? String(concurrency)
        : `kv ${Math.round(kv_fill * 100)}%`;
  return `${kindText(cell)}${load}`;
}

/** `4k/512 c 16`, with the KV share, the repeat or the anchor where there is one. */
export function cellText(cell: CellShape): string {
  const { concurrency, kv_fill, repeat, anchor } = cell;
  const streams = kv_fill === null ? '' : ` (kv ${Math.round(kv_fill * 100)}%)`;
  const load = cell.arrivals === null ? `c ${concurrency}${streams}` : loadText(cell);
  const extra = anchor === null ? (repeat > 0 ? ` #${repeat + 1}` : '') : ` ${anchor} anchor`;
  const kind = cell.arrivals === null ? kindText(cell) : '';
  return `${shapeText(cell)} ${kind}${load}${extra}`;
}
