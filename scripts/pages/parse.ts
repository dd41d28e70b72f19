/** A command of a page, with what the page says that it prints. */
export interface Example {
  /** With its continued lines, as they stand. */
  readonly command: string;
  readonly output: readonly string[];
  /** Of the output in the page's lines: the first, and the one behind the last. */
  readonly from: number;
  readonly to: number;
}

/** A file that examples read: a fenced block below `<!-- file: NAME -->`. */
export interface ExampleFile {
  readonly name: string;
  readonly text: string;
}

export interface Page {
  readonly examples: readonly Example[];
  readonly files: readonly ExampleFile[];
}

const PROMPT = '$ ';

/** Commands of `console` fences, and the files that they read. Plain fences are for people alone. */
export function parsePage(text: string): Page {
  const lines = text.split('\n');
  const examples: Example[] = [];
  const files: ExampleFile[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    if (!lines[at]!.startsWith('```')) continue;
    const end = lines.indexOf('```', at + 1);
    if (end < 0) break;
    const name = /^<!-- file: (\S+) -->$/.exec(lines[at - 1] ?? '')?.[1];
    if (name !== undefined) files.push({ name, text: `${lines.slice(at + 1, end).join('\n')}\n` });
    if (lines[at] === '```console') examples.push(...examplesOf(lines, at + 1, end));
    at = end;
  }
  return { examples, files };
}

function examplesOf(lines: readonly string[], first: number, end: number): Example[] {
  const examples: Example[] = [];
  for (let at = first; at < end; ) {
    let from = at + 1;
    while (lines[from - 1]!.endsWith('\\')) from += 1;
    let to = from;
    while (to < end && !lines[to]!.startsWith(PROMPT)) to += 1;
    const command = lines.slice(at, from).join('\n').slice(PROMPT.length);
    // An empty line before the next command is the page's own.
    const last = to < end && lines[to - 1] === '' ? to - 1 : to;
    examples.push({ command, output: lines.slice(from, last), from, to: last });
    at = to;
  }
  return examples;
}
