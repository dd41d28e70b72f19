/**
 * `npm run pages`: runs the examples of the pages again (commands of ```console blocks; a ```yaml block below
 * `<!-- file: NAME -->` is a file that they read) and prints what differs; exit 1 where anything does. `-- --write` puts what is
 * printed now in its place, `-- FILE...` takes these pages alone. Lines of `…` in a page stand for any.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { shownAs } from './pages/elided.ts';
import { type Example, parsePage } from './pages/parse.ts';
import { inFolder, type Runner } from './pages/run.ts';

const PAGES = ['README.md', 'suites/README.md', 'fits/README.md', 'fits/comparing.md'];
/** Columns of the narrowest terminal that outputs are written for. */
const WIDEST = 80;

interface Rerun {
  readonly example: Example;
  /** Null: a part that the page shows is not printed any more. */
  readonly shown: readonly string[] | null;
  readonly widest: number;
}

async function rerun(example: Example, run: Runner): Promise<Rerun> {
  const printed = await run(example.command);
  return {
    example,
    shown: shownAs(example.output, printed),
    widest: Math.max(...printed.map((line) => line.length)),
  };
}

const isSame = ({ example, shown }: Rerun): boolean => shown?.join('\n') === example.output.join('\n');

/** Lines that are gone, and those in their place, without what is alike before and behind. */
function difference(before: readonly string[], after: readonly string[]): string[] {
  let [head, tail] = [0, 0];
  while (head < before.length && before[head] === after[head]) head += 1;
  const left = Math.min(before.length, after.length) - head;
  while (tail < left && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return [
    ...before.slice(head, before.length - tail).map((line) => `- ${line}`),
    ...after.slice(head, after.length - tail).map((line) => `+ ${line}`),
  ];
}

/** @returns whether every example of the page prints what it shows */
async function check(page: string, write: boolean): Promise<boolean> {
  const text = await readFile(page, 'utf8');
  const { examples, files } = parsePage(text);
  const reruns = await inFolder(files, async (run) => {
    const done: Rerun[] = [];
    for (const example of examples) done.push(await rerun(example, run));
    return done;
  });
  for (const { example, shown, widest } of reruns) {
    const where = `${page}:${example.from}`;
    if (widest > WIDEST) console.log(`${where}: ${widest} columns, more than ${WIDEST}`);
    if (shown === null)
      console.log(`${where}: a part of what the page shows is not printed: ${example.command}`);
    else if (shown.join('\n') !== example.output.join('\n')) {
      console.log([`${where}: ${example.command}`, ...difference(example.output, shown)].join('\n'));
    }
  }
  const differ = reruns.filter((one) => !isSame(one));
  console.log(`${page}: ${examples.length} examples, ${differ.length} differ`);
  if (write) await writeFile(page, written(text, differ));
  return differ.length === 0;
}

function written(text: string, reruns: readonly Rerun[]): string {
  const lines = text.split('\n');
  for (const { example, shown } of reruns.toReversed()) {
    if (shown !== null) lines.splice(example.from, example.to - example.from, ...shown);
  }
  return lines.join('\n');
}

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
let same = true;
for (const page of positionals.length > 0 ? positionals : PAGES)
  same = (await check(page, values.write)) && same;
process.exitCode = same ? 0 : 1;
