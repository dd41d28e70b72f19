import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readFit } from '../../src/fitfile/read.ts';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { withTails } from '../cost/known-tails.ts';
import { fitFolder, textOf } from '../fitfile/made-fit.ts';
import { temporaryFolder } from '../run/facts.ts';

const fitOf = (device: string): string =>
  resolve(`fits/${device}/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json`);

async function graph(text: string): Promise<string> {
  const file = join(await temporaryFolder(), 'graph.yaml');
  await writeFile(file, text);
  return file;
}

const WORKED = `
limit_ms: 120
links: [{ from: HP, to: CO, time_ms: 10, usd: 0.005 }]
stages:
  prefill:
    options: [{ on: HP, time_ms: 80, usd: 0.08 }, { on: CO, time_ms: 130, usd: 0.05 }]
  decode:
    after: [prefill]
    options: [{ on: HP, time_ms: 25, usd: 0.03 }, { on: CO, time_ms: 30, usd: 0.01 }]
`;

test('the worked example: plan, what binds, the cheaper plan of a looser limit', async () => {
  const { stdout, exitCode } = await ridge('place', await graph(WORKED));
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^prefill +HP +0 +80\.0 +0\.0800 +\*$/m);
  expect(stdout).toMatch(/^ {2}prefill > decode +moved +- +10\.0 +0\.00500$/m);
  expect(stdout).toMatch(/^decode +CO +90\.0 +30\.0 +0\.0100 +\*$/m);
  expect(stdout).toContain('binds: the limit of 120.0 ms');
  expect(stdout).toContain('  160.0 ms  $0.0600  prefill on CO, decode on CO');
});

test('a limit that nothing meets: exit 1 with the plan that comes closest', async () => {
  const { stderr, exitCode } = await ridge('place', await graph(WORKED), '--limit-ms', '90');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('no plan takes at most 90.00 ms from end to end');
  expect(stderr).toContain('Closest: 105.0 ms at $0.110 a request: prefill on HP, decode on HP.');
});

const MODEL = `
limit_ms: 20000
links: [{ from: '*', to: '*', gb_per_s: 50 }]
stages:
  prefill:
    phase: prefill
    input: 4096
    options: [{ on: h100, fit: ${fitOf('h100-sxm')} }, { on: b200, fit: ${fitOf('b200-sxm')} }]
  decode:
    after: [{ stage: prefill, kv_cache: true }]
    phase: decode
    input: 4096
    output: 1024
    options: [{ on: h100, fit: ${fitOf('h100-sxm')}, tp: 4, batch: 64 }, { on: b200, fit: ${fitOf('b200-sxm')} }]
`;

test('stages of a model by fits: TP size and batch are chosen, intervals come from the fits', async () => {
  const { stdout, exitCode } = await ridge(
    'place',
    await graph(MODEL),
    '--basis',
    'inferencex-rental',
    '--json',
  );
  expect(exitCode).toBe(0);
  const { plan, intervals, looser, basis } = JSON.parse(stdout);
  expect(basis.name).toBe('inferencex-rental');
  expect(plan.latency_s).toBeLessThanOrEqual(20);
  expect(plan.stages.map(({ stage }: { stage: string }) => stage)).toEqual(['prefill', 'decode']);
  expect(plan.stages[0].option.label).toMatch(/^TP \d, batch \d+$/);
  const [low, high] = intervals.latency_s_90;
  expect(low).toBeLessThan(plan.latency_s);
  expect(high).toBeGreaterThan(plan.latency_s);
  for (const one of looser) expect(one.usd).toBeLessThan(plan.usd);
});

test('stages with cached prompts and proposed tokens cost less, and move less', async () => {
  // Few at a time: verification is free until a step computes as long as it reads.
  const few = MODEL.replace(/batch: 64 \}, (\{ on: b200, [^}]*) \}/, 'batch: 4 }, $1, batch: 4 }');
  const cached = few.replace('input: 4096\n    options', 'input: 4096\n    cached_input: 2048\n    options');
  const proposed = few.replace(
    'output: 1024\n',
    'output: 1024\n    speculation: { draft_tokens: 4, acceptance: 0.7, draft: llama-3.1-8b }\n',
  );
  const stages = async (text: string) => {
    const { stdout } = await ridge(
      ...['place', await graph(text), '--basis', 'inferencex-rental', '--limit-ms', '60000', '--json'],
    );
    return JSON.parse(stdout).plan;
  };
  const [plain, shared, quick] = await Promise.all([few, cached, proposed].map(stages));
  expect(shared.stages[0].option.usd).toBeLessThan(0.7 * plain.stages[0].option.usd);
  expect(shared.stages[1].option).toEqual(plain.stages[1].option);
  expect(quick.stages[1].option.usd).toBeLessThan(0.7 * plain.stages[1].option.usd);
  expect(quick.stages[0].option).toEqual(plain.stages[0].option);
});

test('limits between tokens leave out batches that miss them, with intervals from the fit', async () => {
  const { write } = await fitFolder();
  const known = await write('known.fit.json', textOf(withTails(await readFit(fitOf('h100-sxm')))));
  const limited = (limit: number, fit = known): string =>
    `stages:
  decode:
    phase: decode
    input: 4096
    output: 1024
    objectives: { tbt_p99_ms: ${limit} }
    options: [{ on: h100, fit: ${fit} }]
`;
  const basis = ['--basis', 'inferencex-rental'];
  const at = async (limit: number, fit = known) => {
    const { stdout } = await ridge('place', await graph(limited(limit, fit)), ...basis, '--json');
    return JSON.parse(stdout);
  };
  const [loose, tight, bare] = await Promise.all([at(40), at(20), at(20, fitOf('h100-sxm'))]);
  const optionOf = ({ plan }: typeof loose) => plan.stages[0].option;
  expect(optionOf(tight).server.batch).toBeLessThan(optionOf(loose).server.batch);
  const [{ key, seconds, limit_s }] = optionOf(tight).latencies;
  expect([key, limit_s]).toEqual(['tbt_p99_ms', 0.02]);
  expect(seconds).toBeLessThanOrEqual(0.02);
  const [low, high] = tight.intervals.between_tokens[0].interval_s_90;
  expect(low).toBeLessThan(seconds);
  expect(high).toBeGreaterThan(seconds);
  expect(bare.intervals.between_tokens[0].interval_s_90).toBeNull();
  const shown = await ridge('place', await graph(limited(20)), ...basis);
  expect(unfolded(shown.stdout)).toMatch(
    /decode: tbt_p99_ms [\d.]+ ms of 20\.00 ms \(90 %: [\d.]+ to [\d.]+\)/,
  );
  const none = await ridge('place', await graph(limited(1)), ...basis);
  expect(none.exitCode).toBe(1);
  expect(none.stderr).toMatch(
    /no option of 'decode' meets tbt_p99_ms=1\n.*Closest: tbt_p99_ms [\d.]+ on h100/,
  );
});

test('fits that are used too far outside: no intervals, and it says so', async () => {
  const far = MODEL.replaceAll('input: 4096', 'input: 64');
  const { stdout, exitCode } = await ridge('place', await graph(far), '--basis', 'inferencex-rental');
  expect(exitCode).toBe(0);
  expect(unfolded(stdout)).toContain('no intervals: a fit is used too far outside what it was measured at');
  expect(stdout).not.toContain('90 %');
});

test.each([
  [
    'a cache as long as its prompt',
    MODEL.replace('input: 4096', 'input: 4096\n    cached_input: 4096'),
    [],
    'cached_input must be below input',
  ],
  [
    'a prefill stage that proposes tokens',
    MODEL.replace('input: 4096', 'input: 4096\n    speculation: { draft_tokens: 4, acceptance: 0.7 }'),
    [],
    'speculation needs phase: decode',
  ],
  ['a price that nothing tells', MODEL, [], "'prefill' on 'h100' has no price"],
  [
    'a circle',
    WORKED.replace('prefill:\n', 'prefill:\n    after: [decode]\n'),
    [],
    'stages wait for each other',
  ],
  ['a stage that is not there', WORKED.replace('[prefill]', '[prefil]'), [], "Did you mean 'prefill'?"],
  [
    'no links',
    WORKED.replace(/links.*/, '')
      .replaceAll(/\{ on: HP, time_ms: 25[^}]*\}, /g, '')
      .replace(/, \{ on: CO, time_ms: 130[^}]*\}/, ''),
    [],
    'no links connect places',
  ],
  [
    'limits between tokens of a stage whose time is given',
    WORKED.replace('after: [prefill]', 'objectives: { tbt_p99_ms: 20 }'),
    [],
    'objectives need phase: decode',
  ],
  ['an option without a time', WORKED.replace('time_ms: 80, ', ''), [], 'give one of time_ms, fit and spec'],
  [
    'a batch that no memory holds',
    MODEL.replace('tp: 4, batch: 64', 'tp: 4, batch: 4096'),
    ['--basis', 'inferencex-rental'],
    'do not fit',
  ],
])('%s: exit 2 with the place in the file', async (_, text, flags, message) => {
  const file = await graph(text);
  const { stderr, exitCode } = await ridge('place', file, ...flags);
  expect(stderr).toContain(message);
  expect(stderr).toContain(file);
  expect(exitCode).toBe(2);
});
