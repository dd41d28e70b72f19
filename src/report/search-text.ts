import type { Search, Tried } from '../run/schema.ts';
import { formatNumber, formatTokens } from './format.ts';

/** A search as it stands, see `RunEvent`. */
export interface SearchState extends Search {
  readonly axis: 'rate' | 'concurrency';
  readonly next: number | null;
}

/** `8/s` or `8 streams`. */
export const loadText = (load: number, axis: SearchState['axis']): string =>
  axis === 'rate' ? `${formatNumber(load, 4)}/s` : `${load} ${load === 1 ? 'stream' : 'streams'}`;

/** `ttft_p99_ms 612 ±31`, `overloaded`. */
export function triedText({ decided_by, value_ms, half_width_ms }: Tried): string {
  if (decided_by === null) return 'no objective';
  if (value_ms === null) return decided_by;
  const width = half_width_ms === null ? '' : ` ±${formatNumber(half_width_ms, 2)}`;
  return `${decided_by} ${formatNumber(value_ms)}${width}`;
}

/** `4k/256`, `4k (2k cached)/256`, `1k/256 speculative`. */
export function searchedText({
  cell_kind,
  input_tokens,
  cached_input_tokens,
  output_tokens,
}: Pick<Search, 'cell_kind' | 'input_tokens' | 'cached_input_tokens' | 'output_tokens'>): string {
  const cached = cached_input_tokens === undefined ? '' : ` (${formatTokens(cached_input_tokens)} cached)`;
  const shape = `${formatTokens(input_tokens)}${cached}/${formatTokens(output_tokens)}`;
  return cell_kind === 'speculative' ? `${shape} speculative` : shape;
}

/** `1k/256 h100: 8/s meets, 11.3/s does not (ttft_p99_ms 612 ±31); next 9.514/s`. */
export function searchText(search: SearchState): string {
  const { target, axis, met, not_met, next, message } = search;
  const known = [
    ...(met ? [`${loadText(met.load, axis)} meets`] : []),
    ...(not_met ? [`${loadText(not_met.load, axis)} does not (${triedText(not_met)})`] : []),
  ];
  const then = next === null ? (message ?? 'done') : `next ${loadText(next, axis)}`;
  const shape = `${searchedText(search)} ${target}`;
  return `${shape}: ${[...(known.length > 0 ? [known.join(', ')] : []), then].join('; ')}`;
}
