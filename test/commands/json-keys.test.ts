import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';
import { fitFolder } from '../fitfile/made-fit.ts';

const H100 = 'fits/h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json';
const BASIS = ['--basis', 'asgar2025-stated'];
const LIMIT = ['--objective', 'ttft_p99_ms=2000'];
const GRAPH =
  'limit_ms: 100\nstages:\n  one:\n    options: [{ on: A, time_ms: 80, usd: 0.2 }, { on: B, time_ms: 200, usd: 0.1 }]\n';
const MIX = 'phases:\n  - { seconds: 20, rate_per_s: 3, input: 2000, output: 200 }\n';

/** The command of each verb of fits/comparing.md's table, without `--json`. */
const asked = (graph: string, mix: string): Readonly<Record<string, string[]>> => ({
  compare: [
    ...['compare', H100, 'carry:gaudi3', '--input', '4096', '--output', '512', ...BASIS, ...LIMIT],
    ...['--budget', 'power_kw=100', '--spec', '4,0.7', '--draft', 'llama-3.1-8b', '--cached-input', '2048'],
  ],
  frontier: ['frontier', H100, ...BASIS],
  fleet: [
    ...['fleet', mix, H100, ...LIMIT, ...BASIS, '--draws', '2'],
    ...['--spec', '4,0.7', '--draft', 'llama-3.1-8b', '--cached-input', '1024'],
  ],
  place: ['place', graph],
  'study reference-2025': ['study', 'reference-2025'],
  'study splitwise': ['study', 'splitwise'],
  'study distserve': ['study', 'distserve'],
});

/** Whether some element at a path like `rows[].cost.total_usd_per_mtok` has the key. */
function has(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  const name = key.replace('[]', '');
  if (!(name in value)) return false;
  const own = (value as Record<string, unknown>)[name];
  return key.endsWith('[]') ? (own as unknown[]).some((one) => has(one, rest)) : has(own, rest);
}

const rows = (await readFile('fits/comparing.md', 'utf8')).matchAll(
  /^\| ((?:compare|frontier|fleet|place|study)[^|]*) \| (`[^|]*) \|/gm,
);
const documented = Map.groupBy(
  [...rows].flatMap(([, verb, keys]) =>
    [...keys!.matchAll(/`([^`]+)`/g)].map(([, key]) => ({ verb: verb!, key: key! })),
  ),
  ({ verb }) => verb,
);

test.each([
  'compare',
  'frontier',
  'fleet',
  'place',
  'study reference-2025',
  'study splitwise',
  'study distserve',
])('%s --json has every key that fits/comparing.md names', async (verb) => {
  const { write } = await fitFolder();
  const commands = asked(await write('graph.yaml', GRAPH), await write('mix.yaml', MIX));
  const { stdout, stderr } = await ridge(...commands[verb]!, '--json');
  expect(stderr).toBe('');
  const found: unknown = JSON.parse(stdout);
  const keys = documented.get(verb)!.map(({ key }) => key);
  expect(keys.filter((key) => !has(found, key.split('.')))).toEqual([]);
});
