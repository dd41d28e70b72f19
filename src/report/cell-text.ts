import type { CellShape } from '../run/schema.ts';
import { formatTokens } from './format.ts';

/** `4k/512`: input over output tokens. */
export const shapeText = ({ input_tokens, output_tokens }: CellShape): string =>
  `${formatTokens(input_tokens)}/${formatTokens(output_tokens)}`;

/** `4k/512 c 16`, with the KV share, the repeat or the anchor where there is one. */
export function cellText(cell: CellShape): string {
  const { concurrency, kv_fill, repeat, anchor } = cell;
  const load = kv_fill === null ? `c ${concurrency}` : `c ${concurrency} (kv ${Math.round(kv_fill * 100)}%)`;
  const extra = anchor === null ? (repeat > 0 ? ` #${repeat + 1}` : '') : ` ${anchor} anchor`;
  return `${shapeText(cell)} ${load}${extra}`;
}
