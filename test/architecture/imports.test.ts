import { expect, test } from 'vitest';
import { findCycle, folderOf, importGraph, reached } from './imports.ts';

const graph = importGraph();
const files = [...graph.keys()];

test('the graph sees the imports (else the rules below would hold of nothing)', () => {
  expect(files.length).toBeGreaterThan(100);
  const schema = { of: 'src/run/schema.ts', typeOnly: true, lazy: false };
  expect(graph.get('src/run/events.ts')).toContainEqual(schema);
  expect(graph.get('src/run/schema.ts')).toContainEqual({ of: 'zod', typeOnly: false, lazy: false });
  expect(graph.get('src/cli.ts')).toContainEqual({ of: 'src/version.ts', typeOnly: false, lazy: true });
  const loop = new Map([
    ['a', [{ of: 'b', typeOnly: true, lazy: false }]],
    ['b', [{ of: 'a', typeOnly: false, lazy: false }]],
  ]);
  expect(findCycle(loop)).toEqual(['a', 'b', 'a']);
});

const PURE = ['plan', 'measure', 'model', 'accelerator', 'roofline', 'fit', 'predict', 'cost', 'stats'];
const DOES_IO = /^(node:|execa$|undici$|ink$|yaml$)/;

test('what computes loads nothing that does I/O, not even through others', () => {
  const offences = files
    .filter((file) => PURE.includes(folderOf(file)))
    .flatMap((file) =>
      [...reached(graph, file)].filter((name) => DOES_IO.test(name)).map((name) => `${file} -> ${name}`),
    );
  expect(offences).toEqual([]);
});

test('no file imports itself by way of others', () => {
  expect(findCycle(graph)?.join(' -> ')).toBeUndefined();
});

const ONLY_USED_BY: Readonly<Record<string, readonly string[]>> = {
  dashboard: ['commands'],
  report: ['dashboard', 'commands', 'cli.ts'],
  simulate: ['commands'],
  commands: ['cli.ts'],
};

test.each(Object.entries(ONLY_USED_BY))('%s is used by %j alone', (folder, users) => {
  const others = files.filter(
    (file) =>
      ![folder, ...users].includes(folderOf(file)) &&
      graph.get(file)!.some(({ of }) => of.startsWith(`src/${folder}/`)),
  );
  expect(others).toEqual([]);
});

test('every import of a file names one that is there', () => {
  const missing = files.flatMap((file) =>
    graph
      .get(file)!
      .filter(({ of }) => of.startsWith('src/') && !graph.has(of))
      .map(({ of }) => `${file} -> ${of}`),
  );
  expect(missing).toEqual([]);
});
