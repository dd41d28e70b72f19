import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';
import { temporaryFolder } from '../run/facts.ts';

const fitOf = (device: string): string => `fits/${device}/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json`;
const H100 = fitOf('h100-sxm');
const MIX = `
phases:
  - { seconds: 100, rate_per_s: 8, input: 6000, output: 1100, jitter: 0.1 }
  - { seconds: 100, rate_per_s: 8, input: 1200, output: 3000, jitter: 0.1 }
`;
const HOLDABLE = ['--objective', 'ttft_p99_ms=2000', '--objective', 'tpot_mean_ms=40'];

async function written(name: string, text: string): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, text);
  return file;
}

const mixFile = (): Promise<string> => written('mix.yaml', MIX);
const trace = (...rows: readonly string[]): Promise<string> =>
  written('trace.csv', ['timestamp,input_tokens,output_tokens', ...rows].join('\n'));

interface FleetFacts {
  readonly system: string;
  readonly devices: number;
  readonly devices_in_90_percent_of_draws: number | null;
  readonly usd_per_h: number | null;
  readonly pools: readonly { readonly devices: number }[];
  readonly reached_ms: Readonly<Record<string, number>>;
  readonly shared_saves: { devices: number; usd_per_h: number | null; share_90: number[] } | null;
}

test('sizes of each kind of fleet, what they cost, what the shared pool saves: within 80 columns', async () => {
  const asked = [
    'fleet',
    await mixFile(),
    H100,
    ...HOLDABLE,
    '--tp',
    '4',
    '--draws',
    '2',
    '--basis',
    'asgar2025-stated',
  ];
  const { stdout, exitCode } = await ridge(...asked);
  expect(exitCode).toBe(0);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/^\d+ requests in 3 min \d+ s, [\d.]+\/s; ttft_p99_ms=2000, tpot_mean_ms=40\.0$/m);
  expect(stdout).toMatch(/^two pools +\d+xTP4 +\d+xTP4 +- +- +\d+ +\d+ +[\d.]+ +[\d.]+$/m);
  expect(stdout).toMatch(/^shared pool against two pools: (\d+ devices? (fewer|more)|as many)/m);
  const facts = JSON.parse((await ridge(...asked, '--json')).stdout);
  const fleets: FleetFacts[] = facts.fleets;
  const find = (name: string): FleetFacts => fleets.find(({ system }) => system === name)!;
  for (const { devices, pools, usd_per_h, devices_in_90_percent_of_draws } of fleets) {
    expect(pools.reduce((sum, one) => sum + one.devices, 0)).toBe(devices);
    expect(usd_per_h! / devices).toBeCloseTo(1.1161, 3);
    expect(devices_in_90_percent_of_draws).toBeGreaterThanOrEqual(1);
  }
  const [two, shared] = [find('two_pools'), find('shared')];
  expect(two.shared_saves).toMatchObject({ devices: two.devices - shared.devices });
  expect(two.shared_saves!.usd_per_h).toBeCloseTo(two.usd_per_h! - shared.usd_per_h!, 9);
  expect(shared.shared_saves).toBeNull();
});

test('six objectives, watts of fits that know power, two devices: within 80 columns still', async () => {
  const llama2 = (device: string): string =>
    `fits/${device}/meta-llama-llama-2-70b-hf/vllm-unknown-bf16.fit.json`;
  const rows = Array.from({ length: 80 }, (_, one) => `${one / 10},${one < 40 ? '1500,130' : '1000,230'}`);
  const limits = ['ttft_mean', 'ttft_p50', 'ttft_p90', 'tpot_mean', 'tpot_p90', 'e2e_p90'];
  const { stdout, exitCode } = await ridge(
    ...['fleet', await trace(...rows), llama2('a100-80-sxm'), '--prefill', llama2('h100-sxm')],
    ...limits.flatMap((key) => ['--objective', `${key}_ms=60000`]),
    ...['--basis', 'asgar2025-stated', '--draws', '1'],
  );
  expect(exitCode).toBe(0);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/^busy +prefill +decode +mixed +shared +power$/m);
  // Only the A100's fit knows its power.
  expect(stdout).toMatch(/^two pools +[\d.]+ % +[\d.]+ % +- +- +-$/m);
  expect(stdout).toMatch(/^aggregated +- +- +[\d.]+ % +- +[\d.]+$/m);
  expect(stdout).toMatch(/^0\.0 to 1\.3 /m);
  expect(stdout.match(/^fleet +.*E2E p90$/gm)).toHaveLength(1);
});

test('a recorded trace, without a basis: devices are counted, no dollars', async () => {
  const rows = Array.from({ length: 60 }, (_, one) => `${one / 4},${one < 30 ? '4000,200' : '1100,1500'}`);
  const file = await trace(...rows);
  const { stdout, exitCode } = await ridge('fleet', file, H100, ...HOLDABLE, '--tp', '2', '--draws', '0');
  expect(exitCode).toBe(0);
  expect(stdout).not.toContain('$');
  expect(stdout).not.toContain('90 %:');
  expect(stdout).toContain('note: 60 requests are few for ttft_p99_ms');
  expect(stdout).toMatch(/^note: h100-sxm vllm: 50 % of the answers are outside the measured 1024 to 8192/m);
});

test('a limit on the slowest gaps between tokens takes more devices than one on their mean', async () => {
  const rows = Array.from({ length: 60 }, (_, one) => `${one / 4},4000,200`);
  const file = await trace(...rows);
  const at = async (objective: string): Promise<{ fleets: FleetFacts[] }> => {
    const asked = ['fleet', file, H100, '--objective', objective, '--tp', '4', '--draws', '0', '--json'];
    return JSON.parse((await ridge(...asked)).stdout);
  };
  const [slowest, mean] = await Promise.all([at('tbt_p99_ms=40'), at('tbt_mean_ms=40')]);
  const find = ({ fleets }: typeof mean, name: string) => fleets.find(({ system }) => system === name);
  for (const { reached_ms } of slowest.fleets) expect(reached_ms.tbt_p99_ms).toBeLessThanOrEqual(40);
  // Two pools keep prompts out of the steps that decode; a shared server does not.
  expect(find(slowest, 'two_pools')).toBeDefined();
  expect(find(slowest, 'aggregated')?.devices ?? Number.POSITIVE_INFINITY).toBeGreaterThan(
    find(mean, 'aggregated')!.devices,
  );
});

test('a trace far outside what was measured: sizes without draws, and it says so', async () => {
  const rows = Array.from({ length: 40 }, (_, one) => `${one},60,20`);
  const { stdout, exitCode } = await ridge('fleet', await trace(...rows), H100, ...HOLDABLE, '--tp', '2');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('no intervals: a fit is used too far outside what it was measured at');
  expect(stdout).not.toContain('90 %:');
});

describe('bad input', () => {
  test.each([
    ['an empty trace', [], HOLDABLE, 'a trace needs two requests at different times'],
    ['no objective', ['0,1,1', '1,1,1'], [], 'no objective'],
    [
      'a percentile left out',
      ['0,1,1', '1,1,1', '2,1,1'],
      ['--objective', 'ttft_ms=250'],
      "'ttft_ms' names no percentile",
    ],
    [
      'a request that no server holds',
      ['0,1,1', '1,200000,1'],
      HOLDABLE,
      'the longest request of the trace is 200001 tokens',
    ],
    ['a TP size that was not measured', ['0,9,9', '1,9,9'], [...HOLDABLE, '--tp', '16'], 'It was at 2, 4, 8'],
    [
      'a tariff without a basis',
      ['0,9,9', '1,9,9'],
      [...HOLDABLE, '--tariff', '0.1'],
      '--tariff needs --basis',
    ],
    [
      'a seed of a recorded trace',
      ['0,9,9', '1,9,9'],
      [...HOLDABLE, '--seed', '1'],
      '--seed goes with phases',
    ],
  ] as const)('%s: exit 2 with what is wrong', async (_, rows, flags, message) => {
    const file = await trace(...rows);
    const { stderr, exitCode } = await ridge('fleet', file, H100, ...flags);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
  });

  test('an objective that nothing meets: exit 1 with what comes closest', async () => {
    const { stderr, exitCode } = await ridge('fleet', await mixFile(), H100, '--objective', 'tpot_mean_ms=2');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('no fleet holds tpot_mean_ms=2');
    expect(stderr).toMatch(/Closest: [\d.]+ ms with every request alone on h100-sxm vllm at TP 8/);
  });

  test('fits of different models, and devices of two kinds without a price', async () => {
    const other = 'fits/h100-sxm/qwen-qwen3-32b/vllm-0.12.0-bf16.fit.json';
    const models = await ridge('fleet', await mixFile(), H100, '--prefill', other, ...HOLDABLE);
    expect([models.exitCode, models.stderr]).toEqual([
      2,
      expect.stringContaining('fits of different models'),
    ]);
    const kinds = await ridge('fleet', await mixFile(), H100, '--prefill', fitOf('b200-sxm'), ...HOLDABLE);
    expect([kinds.exitCode, kinds.stderr]).toEqual([
      2,
      expect.stringContaining('devices of 2 kinds cannot be counted together'),
    ]);
  });
});
