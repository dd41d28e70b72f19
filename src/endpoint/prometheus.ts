/** Sum and count of a histogram. */
export interface HistogramTotals {
  readonly sum: number;
  readonly count: number;
}

/** One line of a Prometheus exposition. */
export interface PrometheusSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** When it was taken, by the clock of who wrote it, ms since 1970; absent: when it is read. */
  readonly at_ms?: number;
}

/**
 * Samples of the Prometheus text format whose name starts with one of the prefixes. Comments, blank and malformed lines
 * are left out: a server's exposition is not ours to judge.
 */
export function parsePrometheus(text: string, prefixes: readonly string[] = ['']): PrometheusSample[] {
  const samples: PrometheusSample[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || !prefixes.some((prefix) => line.startsWith(prefix))) continue;
    const sample = parseLine(line);
    if (sample !== null) samples.push(sample);
  }
  return samples;
}

const NAME = /^[A-Za-z_:][A-Za-z0-9_:]*/;
const LABEL = /\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))/y;

function parseLine(line: string): PrometheusSample | null {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return null;
  const parsed = line[name.length] === '{' ? parseLabels(line, name.length + 1) : null;
  if (parsed === null && line[name.length] === '{') return null;
  const [first, stamp] = line
    .slice(parsed?.end ?? name.length)
    .trim()
    .split(/\s+/);
  const [value, at_ms] = [parseValue(first), parseValue(stamp)];
  if (value === null) return null;
  return { name, labels: parsed?.labels ?? {}, value, ...(at_ms !== null && { at_ms }) };
}

function parseLabels(line: string, start: number): { labels: Record<string, string>; end: number } | null {
  const labels: Record<string, string> = Object.create(null);
  let position = start;
  while (line[position] !== '}') {
    LABEL.lastIndex = position;
    const match = LABEL.exec(line);
    if (match === null) return null;
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, escaped: string) =>
      escaped === 'n' ? '\n' : escaped,
    );
    position = LABEL.lastIndex;
  }
  return { labels, end: position + 1 };
}

function parseValue(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  if (/^[+-]?Inf$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}
