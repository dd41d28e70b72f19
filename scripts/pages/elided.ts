/** A line that stands for any that are left out. */
export const isElision = (line: string): boolean => line === '…' || line === '...';

/** A line without its figures: what stays alike when they change. */
const skeleton = (line: string): string =>
  line
    .replaceAll(/\d+(\.\d+)?/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim();

/**
 * What is printed now in the form in which a page shows it: parts between elisions are found where most of their lines are alike but
 * for figures. Null where a part is not there.
 */
export function shownAs(page: readonly string[], printed: readonly string[]): string[] | null {
  if (!page.some(isElision)) return [...printed];
  const shown: string[] = [];
  let from = 0;
  for (let at = 0; at < page.length; ) {
    if (isElision(page[at]!)) {
      shown.push(page[at]!);
      at += 1;
      continue;
    }
    let to = at;
    while (to < page.length && !isElision(page[to]!)) to += 1;
    const part = page.slice(at, to);
    const start =
      at === 0 ? 0 : to === page.length ? printed.length - part.length : whereAlike(part, printed, from);
    if (start === null || start < from || start + part.length > printed.length) return null;
    shown.push(...printed.slice(start, start + part.length));
    from = start + part.length;
    at = to;
  }
  return shown;
}

function whereAlike(part: readonly string[], printed: readonly string[], from: number): number | null {
  let [best, most] = [-1, 0];
  for (let start = from; start + part.length <= printed.length; start += 1) {
    const alike = part.filter((line, index) => skeleton(line) === skeleton(printed[start + index]!)).length;
    if (alike > most) [best, most] = [start, alike];
  }
  return best < 0 ? null : best;
}
