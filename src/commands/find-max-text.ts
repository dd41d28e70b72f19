import { loadText, type SearchState, searchedText, triedText } from '../report/search-text.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import type { EventBus } from '../run/event-bus.ts';
import { searchKey, type Tried } from '../run/schema.ts';

/** The latest word of every search of a run that is about to start, in the order of their beginning. */
export function rememberSearches(subscribe: EventBus['subscribe']): () => SearchState[] {
  const found = new Map<string, SearchState>();
  subscribe((event) => {
    if (event.kind !== 'search') return;
    found.set(searchKey(event), event);
  });
  return () => [...found.values()];
}

/** The highest loads that were found: a row for each shape and target, and what else is to be said of it; empty without searches. */
export function searchesText(searches: readonly SearchState[], style: Style, width?: number): string {
  const axis = searches[0]?.axis;
  if (axis === undefined) return '';
  const load = (tried: Tried | null): string => (tried === null ? '-' : loadText(tried.load, axis));
  const table = renderTable({
    columns: [
      { title: 'target' },
      { title: 'in/out', align: 'right' },
      { title: 'meets', align: 'right' },
      { title: 'nearest to its limit' },
      { title: 'does not', align: 'right' },
      { title: 'broken by' },
    ],
    rows: searches.map(({ met, not_met, ...search }) => [
      search.target,
      searchedText(search),
      load(met),
      met === null ? '-' : triedText(met),
      load(not_met),
      not_met === null ? '-' : triedText(not_met),
    ]),
    style,
    ...(width === undefined ? {} : { width }),
  });
  return [table, ...searches.flatMap((search) => notes(search))].join('\n');
}

function notes(search: SearchState): string[] {
  const { met, not_met, message, ended, axis } = search;
  const name = `${search.target} ${searchedText(search)}`;
  const close = [met, not_met].flatMap((tried) =>
    tried !== null && !tried.decided
      ? [
          `${name}: at ${loadText(tried.load, axis)} the interval straddles the limit after ${tried.repeats} cells; the mean decided`,
        ]
      : [],
  );
  const doubtful = [met, not_met].flatMap((tried) => {
    const codes =
      tried?.reasons.filter((code) => !['not_converged', 'unsteady', 'window_short'].includes(code)) ?? [];
    return codes.length > 0 ? [`${name}: at ${loadText(tried!.load, axis)}: ${codes.join(', ')}`] : [];
  });
  const why =
    message === null
      ? ended === null
        ? [`${name}: stopped before it was found`]
        : []
      : [`${name}: ${message}`];
  return [...why, ...close, ...doubtful];
}
