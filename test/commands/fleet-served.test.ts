import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { choicesOf } from '../../src/commands/fleet-services.ts';
import { requestsOf } from '../../src/cost/fleet/requests.ts';
import { traceWorkload } from '../../src/cost/length-mix.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { temporaryFolder } from '../run/facts.ts';

const fitOf = (device: string): string => `fits/${device}/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json`;
const H100 = fitOf('h100-sxm');

/** Ten seconds of long prompts and short ones by turns. */
async function trace(): Promise<string> {
  const rows = Array.from({ length: 120 }, (_, one) => `${one / 12},${one % 2 ? '5000,1100' : '1100,1500'}`);
  const file = join(await temporaryFolder(), 'trace.csv');
  await writeFile(file, ['timestamp,input_tokens,output_tokens', ...rows].join('\n'));
  return file;
}

interface FleetFacts {
  readonly system: string;
  readonly devices: number;
  readonly devices_in_90_percent_of_draws: number | null;
  readonly reached_ms: Readonly<Record<string, number>>;
}

describe('speculation and cached prompts', () => {
  const LIMITS = ['--objective', 'ttft_p99_ms=2000', '--objective', 'tpot_p99_ms=25'];
  const SERVED = ['--spec', '4,0.7', '--draft', 'llama-3.1-8b', '--cached-input', '1024'];

  test('what they are stands above the table and in the JSON; every kind of fleet takes fewer devices', async () => {
    const asked = ['fleet', await trace(), H100, ...LIMITS, '--tp', '4', '--draws', '0'];
    const [text, json, plain] = await Promise.all([
      ridge(...asked, ...SERVED),
      ridge(...asked, ...SERVED, '--json'),
      ridge(...asked, '--json'),
    ]);
    expect(text.exitCode).toBe(0);
    expect(unfolded(text.stdout)).toMatch(
      /^120 requests in 10 s, 12\.1\/s, the first 1024 of each prompt cached, 4 tokens a step proposed by llama-3\.1-8b, 70 % accepted; /,
    );
    expect(unfolded(text.stdout)).toContain(
      'note: h100-sxm vllm: speculative decoding: its steps are priced by the fit',
    );
    for (const line of text.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const [own, without] = [json, plain].map(({ stdout }) => JSON.parse(stdout));
    expect(own.workload).toEqual({
      cached_input: 1024,
      speculation: { draftTokens: 4, acceptance: 0.7 },
      draft: 'llama-3.1-8b',
    });
    expect(without.workload).toEqual({});
    expect(own.notes.join()).toContain('cached prompts: no cell had any');
    const devices = ({ fleets }: { fleets: FleetFacts[] }) =>
      Object.fromEntries(fleets.map((one) => [one.system, one.devices]));
    const [few, many] = [devices(own), devices(without)];
    expect(Object.keys(few)).toEqual(Object.keys(many));
    for (const system of ['two_pools', 'aggregated', 'shared']) {
      expect([system, few[system]! < many[system]!]).toEqual([system, true]);
    }
  });

  test('every draw of the fit, another fit for the prefill pool, limits on gaps between the steps that bring tokens', async () => {
    const asked = ['fleet', await trace(), H100, '--prefill', fitOf('b200-sxm'), '--tp', '4'];
    const { stdout, exitCode } = await ridge(
      ...[...asked, ...SERVED, '--draws', '2', '--basis', 'asgar2025-stated', '--json'],
      ...['--objective', 'ttft_p99_ms=2000', '--objective', 'tbt_p99_ms=80'],
    );
    expect(exitCode).toBe(0);
    const { fleets }: { fleets: FleetFacts[] } = JSON.parse(stdout);
    expect(fleets.map(({ system }) => system)).toContain('splitwise');
    for (const { reached_ms, devices_in_90_percent_of_draws } of fleets) {
      expect(reached_ms.tbt_p99_ms).toBeLessThanOrEqual(80);
      expect(devices_in_90_percent_of_draws).toBeGreaterThanOrEqual(1);
    }
  });

  test('--seed draws which proposals of a recorded trace are accepted', async () => {
    const asked = ['fleet', await trace(), H100, ...LIMITS, '--tp', '4', '--draws', '0', '--json'];
    const reached = async (...flags: string[]) => {
      const { fleets } = JSON.parse((await ridge(...asked, '--spec', '4,0.7', ...flags)).stdout);
      return fleets[0].reached_ms.tpot_p99_ms;
    };
    const [own, one, two] = await Promise.all([reached(), reached('--seed', '1'), reached('--seed', '2')]);
    expect(one).toBe(own);
    expect(two).not.toBe(own);
  });

  test('a note where prompts are no longer than the cached part', async () => {
    const asked = ['fleet', await trace(), H100, ...LIMITS, '--tp', '4', '--draws', '0'];
    const { stdout } = await ridge(...asked, '--cached-input', '1100');
    expect(unfolded(stdout)).toContain(
      'note: 50 % of the prompts are no longer than the 1100 cached tokens: all but the end of them is taken to be cached',
    );
  });

  test.each([
    ['a draft that proposes nothing', ['--draft', 'llama-3.1-8b'], '--draft needs --spec'],
    ['no acceptance', ['--spec', '4'], "'4' is not K,ACCEPTANCE"],
    ['nothing left to compute', ['--cached-input', '5000'], 'The longest prompt of the trace is 5000 tokens'],
    ['a draft without a card', ['--spec', '4,0.7', '--draft', 'nosuch'], "no built-in model 'nosuch'"],
    [
      'a draft that leaves no room',
      ['--spec', '4,0.7', '--draft', 'llama-3.1-70b', '--tp', '2'],
      'They hold at most 0 beside llama-3.1-70b: take larger --tp sizes, or a smaller --draft.',
    ],
  ])('%s: exit 2', async (_, flags, message) => {
    const { exitCode, stderr, stdout } = await ridge('fleet', await trace(), H100, ...LIMITS, ...flags);
    expect(stderr).toContain(message);
    expect([exitCode, stdout]).toEqual([2, '']);
  });
});

test('servers that were set up for each shape are so for the trace: a longer prompt, a larger budget', async () => {
  const qwen = await readFit('fits/h100-sxm/qwen-qwen3-32b/vllm-0.12.0-bf16.fit.json');
  expect(qwen.targets[0]!.budget_margin_tokens).toBe(1500);
  const fits = { prefill: qwen, decode: qwen, mixed: qwen, shared: qwen };
  const budget = (input: number): number => {
    const columns = { at_s: [0, 1], input_tokens: [input, input], output_tokens: [200, 200] };
    const traffic = { requests: requestsOf(columns), workload: traceWorkload(columns) };
    return choicesOf(fits, traffic, [4], null).mixed[0]!.service.step_tokens;
  };
  expect([budget(4000), budget(1000)]).toEqual([4000 + 128 + 1500, 1000 + 128 + 1500]);
});
