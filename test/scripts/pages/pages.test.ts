import { expect, test } from 'vitest';
import { shownAs } from '../../../scripts/pages/elided.ts';
import { parsePage } from '../../../scripts/pages/parse.ts';

const page = `text
\`\`\`
$ ridge run suites/quick.yaml
not run again
\`\`\`
<!-- file: mix.yaml -->
\`\`\`yaml
phases: []
\`\`\`

\`\`\`console
$ ridge fleet mix.yaml \\
    --draws 0
one
two

$ ridge check fits
good
\`\`\`
`;

test('commands of console fences with their outputs, and the files that they read', () => {
  const { examples, files } = parsePage(page);
  expect(files).toEqual([{ name: 'mix.yaml', text: 'phases: []\n' }]);
  expect(examples.map(({ command, output }) => [command, output])).toEqual([
    ['ridge fleet mix.yaml \\\n    --draws 0', ['one', 'two']],
    ['ridge check fits', ['good']],
  ]);
  const lines = page.split('\n');
  for (const { output, from, to } of examples) expect(lines.slice(from, to)).toEqual(output);
});

const printed = [
  'head',
  '',
  'ttft  12.5  ms',
  'tpot  3.10  ms',
  '',
  'fleet  devices',
  'two    48',
  'notes',
  'end',
];

test.each([
  ['nothing left out', ['other'], printed],
  ['the beginning', ['…', 'ttft  11.0  ms', '…'], ['…', 'ttft  12.5  ms', '…']],
  [
    'the middle',
    ['head', '…', 'fleet  devices', 'two    50', '…', 'end'],
    ['head', '…', 'fleet  devices', 'two    48', '…', 'end'],
  ],
  ['the end is no more what it was', ['head', '…', 'the end'], ['head', '…', 'end']],
  ['a part that is not printed', ['…', 'three    50', '…'], null],
  ['parts in another order', ['…', 'fleet  devices', '…', 'ttft  11.0  ms', '…'], null],
])('what a page shows of what is printed now: %s', (_, shown, expected) => {
  expect(shownAs(shown, printed)).toEqual(expected);
});
