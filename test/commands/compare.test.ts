import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command } from '../../src/commands/compare.ts';
import { RidgeError } from '../../src/errors.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { withTails } from '../cost/known-tails.ts';
import { fitFolder, textOf } from '../fitfile/made-fit.ts';

const H100 = 'fits/h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json';
const B200 = 'fits/b200-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json';
const SHAPE = ['--input', '4096', '--output', '1024'];
const MODEL = ['--model', 'llama-3.1-70b-fp8'];
const STATED = ['--basis', 'asgar2025-stated'];
const LIMITS = ['--objective', 'ttft_p99_ms=1500', '--objective', 'tpot_mean_ms=50'];

test('fits, a carried fit and a spec sheet are ranked, marked, and told apart by their intervals', async () => {
  const { exitCode, stdout, stderr } = await ridge(
    ...['compare', H100, B200, 'carry:gaudi3', 'spec:mi300x', ...SHAPE, ...STATED, ...LIMITS],
  );
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^ *\d+ +h100-sxm::h100-sxm .* 1\.00 +- +baseline$/m);
  expect(stdout).toMatch(/gaudi3.* ~ /);
  expect(stdout).toMatch(/mi300x.* \? /);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  const text = unfolded(stdout);
  expect(text).toMatch(/h100-sxm: vllm .* reaches \d+ % of dense compute/);
  expect(text).toContain('arrivals: Poisson, a queue for each prefill worker (M/D/1)');
  expect(text).toContain('cost basis asgar2025-stated (2025-06)');
  expect(text).toMatch(
    /would cost what h100-sxm::h100-sxm does if (its decode|it) ran at [\d.]+ of its speed/,
  );
  expect(text).toContain('KV caches differ');
  expect(text).toContain('input and output: what prompts and answers take of the cost');
  expect(stdout).toMatch(/^ *\d+ +b200-sxm( +[\d.]+){4} +[\d.]+ to [\d.]+ /m);
});

test('--json holds every option with its interval, and --svg the charts', async () => {
  const { folder } = await fitFolder();
  const svg = join(folder, 'pairs.svg');
  const { stdout } = await ridge(
    ...['compare', H100, 'carry:gaudi3', ...SHAPE, ...STATED, ...LIMITS, '--json', '--svg', svg],
  );
  const found = JSON.parse(stdout);
  expect(found.rows).toHaveLength(6);
  expect(found.basis.name).toBe('asgar2025-stated');
  const pair = found.rows.find(({ name }: { name: string }) => name === 'h100-sxm::gaudi3');
  const [low, high] = pair.uncertainty.benefit_90;
  expect(low).toBeLessThan(high);
  expect(pair.uncertainty.excludes_one).toBe(low > 1 || high < 1);
  expect(pair.plan.prefill_utilisation).toBeLessThanOrEqual(0.95);
  const text = await readFile(svg, 'utf8');
  expect(text).toContain('Cost benefit over h100-sxm::h100-sxm');
  expect(text).toContain('KV transfer of');
  expect(text).not.toContain('NaN');
});

test('limits on gaps are judged by what percentiles showed, and every limit has its interval', async () => {
  const { write } = await fitFolder();
  const known = await write('known.fit.json', textOf(withTails(await readFit(H100))));
  const limits = ['--objective', 'tbt_p99_ms=150', '--objective', 'ttft_p99_ms=1500'];
  const asked = ['compare', known, 'carry:gaudi3', ...SHAPE, ...STATED, ...limits];
  const [text, json, bare] = await Promise.all([
    ridge(...asked),
    ridge(...asked, '--json'),
    ridge('compare', H100, ...SHAPE, ...STATED, ...limits, '--json'),
  ]);
  expect(text.stderr).toBe('');
  expect(text.stdout).toMatch(/^ *# +TBT p99 +TTFT p99$/m);
  expect(text.stdout).toMatch(/^ *\d+ +[\d.]+ to [\d.]+ +[\d.]+ to [\d.]+$/m);
  expect(Math.max(...text.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(unfolded(text.stdout)).toContain('a limit inside is met by the central values, not surely');
  const find = (stdout: string) =>
    JSON.parse(stdout).rows.find(({ name }: { name: string }) => name === 'h100-sxm');
  const { latencies, plan, tbt_ms } = find(json.stdout);
  expect(latencies).toMatchObject([
    { key: 'tbt_p99_ms', limit_ms: 150, value_ms: expect.closeTo(tbt_ms, 6) },
    { key: 'ttft_p99_ms', limit_ms: 1500 },
  ]);
  expect(latencies[0].interval_90_ms[0]).toBeLessThan(tbt_ms);
  // Steps with prompts take longer there than the roofline has them: fewer requests together.
  expect(plan.decode_batch).toBeLessThan(find(bare.stdout).plan.decode_batch);
  expect(find(bare.stdout).latencies[0].interval_90_ms).toBeNull();
});

test('--all takes published fits and complete catalogue entries that the basis prices', async () => {
  const { stdout } = await ridge(
    ...['compare', '--all', ...MODEL, ...SHAPE, '--basis', 'inferencex-rental', '--json'],
  );
  const names = new Set(JSON.parse(stdout).rows.map(({ prefill }: { prefill: string }) => prefill));
  expect(names).toContain('h100-sxm');
  expect(names).toContain('b200-sxm/vllm');
  expect(names).toContain('mi355x');
  expect(names).not.toContain('gaudi3');
});

test('a trace is the workload: its spread and its rate are told, and whole workers serve its busiest minute', async () => {
  const { write } = await fitFolder();
  const rows = Array.from(
    { length: 300 },
    (_, i) => `${(i * i) / 500},${500 + ((i * 37) % 4000)},${50 + (i % 400)}`,
  );
  const trace = await write('trace.csv', `timestamp,input_tokens,output_tokens\n${rows.join('\n')}\n`);
  const asked = ['compare', H100, 'carry:gaudi3', '--trace', trace, ...STATED, ...LIMITS];
  const [text, json, both] = await Promise.all([
    ridge(...asked),
    ridge(...asked, '--json'),
    ridge(...asked, '--input', '100'),
  ]);
  expect(text.exitCode).toBe(0);
  expect(unfolded(text.stdout)).toMatch(/^trace of 300 requests: .* in and .* out on average \(p50 /m);
  expect(unfolded(text.stdout)).toMatch(/ranked by \$ an hour of whole workers for [\d.]+ requests\/s/);
  expect(Math.max(...text.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  const { rows: found, budget } = JSON.parse(json.stdout);
  const hourly = found.map((row: { budget: { usd_per_h: number } }) => row.budget.usd_per_h);
  expect([...hourly].sort((a, b) => a - b)).toEqual(hourly);
  for (const { budget: share } of found) expect(share.requests_per_s).toBeGreaterThanOrEqual(budget.least);
  expect(unfolded(text.stdout)).toContain("arrivals: as bursty as the trace's");
  expect(both).toMatchObject({ exitCode: 2, stdout: '' });
  expect(both.stderr).toContain('--input and --trace both give lengths');
});

test('speculation and cached prompts: what they are stands above the table, in the JSON, and in what a request costs', async () => {
  const asked = ['compare', H100, 'spec:b200-sxm', ...SHAPE, ...STATED, ...LIMITS];
  const served = ['--spec', '4,0.7', '--draft', 'llama-3.1-8b', '--cached-input', '2048'];
  const [text, json, plain] = await Promise.all([
    ridge(...asked, ...served),
    ridge(...asked, ...served, '--json'),
    ridge(...asked, '--json'),
  ]);
  expect(text.exitCode).toBe(0);
  expect(unfolded(text.stdout)).toMatch(
    /^4096 in, 1024 out, the first 2048 of each prompt cached, 4 tokens a step proposed by llama-3.1-8b, 70 % accepted; /,
  );
  expect(unfolded(text.stdout)).toContain('h100-sxm: speculative decoding: its steps are priced by the fit');
  for (const line of text.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  const found = JSON.parse(json.stdout);
  expect(found.workload).toMatchObject({
    cached_input: 2048,
    speculation: { draftTokens: 4, acceptance: 0.7 },
    draft: 'llama-3.1-8b',
  });
  const cost = (stdout: string, name: string): number =>
    JSON.parse(stdout).rows.find((row: { name: string }) => row.name === name).cost.usd_per_request;
  for (const name of ['h100-sxm', 'h100-sxm::h100-sxm', 'b200-sxm::h100-sxm']) {
    expect(cost(json.stdout, name)).toBeLessThan(0.8 * cost(plain.stdout, name));
  }
});

test.each([
  ['a draft that proposes nothing', ['--draft', 'llama-3.1-8b'], '--draft needs --spec'],
  ['no acceptance', ['--spec', '4'], "'4' is not K,ACCEPTANCE"],
  ['nothing left to compute', ['--cached-input', '4096'], 'leave nothing of 4096 to compute'],
])('%s: exit 2', async (_, flags, message) => {
  const { exitCode, stderr, stdout } = await ridge('compare', H100, ...SHAPE, ...STATED, ...flags);
  expect(stderr).toContain(message);
  expect([exitCode, stdout]).toEqual([2, '']);
});

test('where every gain is unclear, the baseline that was taken is named, with the flag for another', async () => {
  const asked = [
    'compare',
    'spec:h100-sxm',
    'spec:h200-sxm',
    ...MODEL,
    ...SHAPE,
    '--basis',
    'inferencex-rental',
  ];
  const { stdout } = await ridge(...asked);
  expect(stdout).toContain('unclear');
  expect(unfolded(stdout)).toContain(
    'every gain of other devices is unclear: the baseline taken is h100-sxm::h100-sxm; --baseline PAIR takes another',
  );
  const told = await ridge('compare', H100, B200, ...SHAPE, ...STATED, ...LIMITS);
  expect(told.stdout).toMatch(/(better|worse)$/m);
  expect(told.stdout).not.toContain('every gain');
});

test('every published fit and catalogue entry fits 80 columns', async () => {
  const { stdout, exitCode } = await ridge(
    ...['compare', '--all', ...MODEL, ...SHAPE, '--basis', 'inferencex-rental', '--rate', '3'],
  );
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^ *\d+ {2}b200-sxm\/tensorrt-llm::b200-sxm\/tensorrt-llm$/m);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("a user's basis and devices: prices come from the file, sparse peaks are refused", async () => {
  const { write } = await fitFolder();
  const basis = await write(
    'mine.yaml',
    'name: mine\ndate: 2026-05\nyears: 5\ninterest: 0.1\nusd_per_kwh: 0.08\npue: 1.2\nhost_share: 0.3\ndevices:\n  h100-sxm: {price_usd: 20000, power_w: 500}\n  nova-1: {price_usd: 9000, power_w: 600, power: tdp}\n',
  );
  const device = (convention: string): string =>
    `devices:\n  - {id: nova-1, convention: ${convention}, bf16_tflops: 900, fp8_tflops: 1800, memory_gb_per_s: 4000, memory_gb: 128, link_gb_per_s: 300}\n`;
  const dense = await write('dense.yaml', device('dense'));
  const { stdout, exitCode } = await ridge(
    ...['compare', H100, '--devices', dense, ...SHAPE, '--basis', basis, '--tariff', '0.2', '--json'],
  );
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).basis).toMatchObject({ name: 'mine at $0.2/kWh', usd_per_kwh: 0.2 });
  expect(JSON.parse(stdout).rows.map(({ name }: { name: string }) => name)).toContain('h100-sxm::nova-1');
  const sparse = await ridge(
    ...[
      'compare',
      H100,
      '--devices',
      await write('sparse.yaml', device('sparse')),
      ...SHAPE,
      '--basis',
      basis,
    ],
  );
  expect(sparse.exitCode).toBe(2);
  expect(sparse.stderr).toContain('is "sparse": fits and catalogue are dense');
});

test('the files of the help are read as they stand there', async () => {
  const { write } = await fitFolder();
  const fileOf = (title: string): string => {
    const [, text] = command.help.split(title);
    return text!.split('\n\n')[0]!.replace(/^ {2}/gm, '');
  };
  const basis = await write('racks.yaml', fileOf('--basis racks.yaml:\n'));
  const devices = await write('nova.yaml', fileOf('--devices nova.yaml:\n'));
  const { stdout, stderr } = await ridge(
    ...['compare', H100, 'spec:b200-sxm', '--devices', devices, ...SHAPE, '--basis', basis, '--json'],
  );
  expect(stderr).toBe('');
  const { rows, basis: own } = JSON.parse(stdout);
  expect(own).toMatchObject({ name: 'our racks', usd_per_kwh: 0.12 });
  const parts = rows.find(({ name }: { name: string }) => name === 'h100-sxm::nova-1').parts;
  expect(parts.map(({ cost }: { cost: object }) => cost)).toMatchObject([
    { price_usd: 25000, power_kw: 0.56, power_kind: 'measured' },
    { price_usd: 15000, power_kw: 0.6, power_kind: 'tdp' },
  ]);
});

const objectives = (...texts: string[]): string[] => texts.flatMap((text) => ['--objective', text]);

test.each([
  [['spec:h100-sxm', ...MODEL, ...SHAPE, '--basis', 'inferencex'], 2, /no cost basis 'inferencex'/],
  [['spec:gaudi3', ...MODEL, ...SHAPE, '--basis', 'inferencex-rental'], 2, /no price for 'gaudi3'/],
  [['spec:h100-sxm', ...SHAPE, ...STATED], 2, /no model/],
  [['--all', ...SHAPE, ...STATED], 2, /no model: .*\n.*no default, with --all neither; .*--model llama/],
  [['spec:h100-sxm', ...MODEL, ...SHAPE], 2, /--basis is needed/],
  [[...MODEL, ...SHAPE, ...STATED], 2, /no accelerator takes part/],
  [['carry:gaudi3', ...MODEL, ...SHAPE, ...STATED], 2, /carry:ID needs a fit/],
  [['spec:h100-sxm', 'spec:h100-sxm', ...MODEL, ...SHAPE, ...STATED], 2, /takes part twice/],
  [['spec:h100-sxm', ...MODEL, ...SHAPE, ...STATED, '--objective', 'ttft_ms=250'], 2, /names no percentile/],
  [['spec:h100-sxm', ...MODEL, ...SHAPE, ...STATED, '--objective', 'ttft_p99_ms=x'], 2, /above 0/],
  [['spec:h100-sxm', ...MODEL, ...SHAPE, ...STATED, '--objective', 'ttft_p99_ms=5'], 1, /no option meets/],
  [
    ['spec:h100-sxm', ...MODEL, ...SHAPE, ...STATED, ...objectives('ttft_p99_ms=5', 'e2e_p95_ms=9')],
    1,
    /no queue: ttft_p99_ms \d+ ms on h100-sxm at TP 8; e2e_p95_ms \d+ ms on h100-sxm at TP 8\.$/,
  ],
  [
    ['spec:h100-sxm', ...MODEL, ...SHAPE, ...STATED, ...objectives('ttft_p99_ms=5', 'tpot_mean_ms=50')],
    1,
    /; tpot_mean_ms [\d.]+ ms \(met\) on h100-sxm at TP 8\.$/,
  ],
  [['spec:h100-sxm', ...MODEL, ...SHAPE, ...STATED, '--baseline', 'x::y'], 2, /none of the options/],
  [['spec:h100', ...MODEL, ...SHAPE, ...STATED], 2, /Did you mean 'h100-sxm'\? .* --devices/],
  [[H100, '--input', '200000', '--output', '512', ...STATED], 2, /200512 tokens .* takes at most 131072/],
  [
    [H100, ...SHAPE, ...STATED, '--budget', 'power_kw=0.1'],
    1,
    /Smallest: the plan of h100-sxm .* power_kw=2\.80/,
  ],
  [[H100, ...SHAPE, ...STATED, '--budget', 'usd_per_h=1'], 1, /no option fits in usd_per_h=1/],
  [['spec:h100-sxm', ...MODEL, ...SHAPE, ...STATED, '--budget', 'eur=5'], 2, /--budget: 'eur' is none of/],
  [['spec:h100-sxm', ...MODEL, ...SHAPE, ...STATED, '--rate', '3', '--budget', 'usd_per_h=5'], 2, /opposite/],
  [['spec:h100-sxm', ...MODEL, ...SHAPE, ...STATED, '--svg', 'chart.png'], 2, /does not end in \.svg/],
  [['spec:h100-sxm', ...MODEL, ...SHAPE, '--basis', 'asgar2025-table5', '--tariff', '1'], 2, /not apart/],
  [
    [
      H100,
      'fits/h200-sxm/nvidia-llama-3.1-8b-instruct-fp8/vllm-unknown-fp8.fit.json',
      ...SHAPE,
      '--basis',
      'inferencex-rental',
    ],
    2,
    /different models/,
  ],
])('%j ends with %i and says why', async (argv, exitCode, says) => {
  const error: unknown = await command.run(argv).catch((thrown: unknown) => thrown);
  if (!(error instanceof RidgeError)) throw new Error('nothing was refused');
  expect(error.toLines().join('\n')).toMatch(says);
  expect(error.exitCode).toBe(exitCode);
  expect(error.toLines().length).toBeLessThanOrEqual(3);
});
