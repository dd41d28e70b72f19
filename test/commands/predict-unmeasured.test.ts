import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { measureSuite } from '../fit/virtual.ts';

const FITS = fileURLToPath(new URL('../../fits/', import.meta.url));
const FIT = join(FITS, 'h100-sxm/qwen-qwen3-32b/vllm-0.12.0-bf16.fit.json');
const shape = ['--input', '1024', '--output', '128', '--concurrency', '16'];
const QWEN = {
  architectures: ['Qwen3ForCausalLM'],
  model_type: 'qwen3',
  hidden_size: 5120,
  intermediate_size: 17_408,
  num_hidden_layers: 40,
  num_attention_heads: 40,
  num_key_value_heads: 8,
  head_dim: 128,
  vocab_size: 151_936,
  tie_word_embeddings: false,
  max_position_embeddings: 40_960,
};

test('a model without a fit, on the device of a fit: fits of other models there stand behind it', async () => {
  const config = join(await mkdtemp(join(tmpdir(), 'ridge-model-')), 'qwen3-14b.json');
  await writeFile(config, JSON.stringify(QWEN));
  const asked = ['--model', config, '--precision', 'fp8', ...shape];
  const [shown, plain] = await Promise.all([
    ridge('predict', FIT, ...asked),
    ridge('predict', FIT, ...asked, '--json'),
  ]);
  expect(shown.stderr).toBe('');
  expect(shown.stdout).toMatch(/^tpot +[\d.]+ +[\d.]+ to [\d.]+ +ms$/m);
  expect(unfolded(shown.stdout)).toContain(
    'never measured: qwen3-14b (fp8) on h100-sxm, vllm; known from fits',
  );
  expect(shown.stdout).toMatch(/width of TPOT from [a-z_]+ \d+ %/);
  for (const line of shown.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  const prediction = JSON.parse(plain.stdout);
  expect(prediction).toMatchObject({ device_measured: true, precision: 'fp8', tp: 1 });
  const ofDevice = await ridge('predict', join(FITS, 'h100-sxm/device.json'), ...asked, '--json');
  expect(JSON.parse(ofDevice.stdout)).toEqual(prediction);
});

test('a device without a fit: its spec sheet is all there is, and that is said', async () => {
  const asked = ['--model', 'llama-3.1-8b', ...shape];
  const { stdout, exitCode } = await ridge('predict', '--accelerator', 'mi325x', ...asked);
  expect(exitCode).toBe(0);
  expect(unfolded(stdout)).toContain(
    'no fit of this device: known from its spec sheet and fits of other devices',
  );
});

test('percentiles, limits, cached prompts and speculation are as for a fit; a limit that is not met is a no', async () => {
  const asked = ['predict', '--accelerator', 'h100-sxm', '--model', 'llama-3.1-8b', ...shape];
  const limits = ['--tails', '--objective', 'tbt_p99_ms=0.1', '--objective', 'ttft_mean_ms=60000'];
  const [judged, cached, proposed, refused, tails] = await Promise.all([
    ridge(...asked, ...limits),
    ridge(...asked, '--cached-input', '512', '--json'),
    ridge(...asked, '--spec', '4,0.7', '--draft', 'llama-3.1-8b', '--json'),
    ridge(...asked, '--spec', '4,0.7', '--tails', '--closed-form'),
    ridge(...asked, '--spec', '4,0.7', '--tails', '--json'),
  ]);
  expect(judged.exitCode).toBe(1);
  expect(judged.stdout).toMatch(/^tbt +[\d.]+ +[\d.]+ +[\d.]+ +ms$/m);
  expect(judged.stdout).toMatch(/^tbt_p99_ms +0.1000 +[\d.]+ +not met$/m);
  expect(judged.stdout).toMatch(/^ttft_mean_ms +60000 .*met$/m);
  expect(unfolded(judged.stdout)).toContain('percentiles have no interval');
  for (const line of judged.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(JSON.parse(cached.stdout)).toMatchObject({ cached_input: 512, tails: null, objectives: [] });
  expect(JSON.parse(proposed.stdout).speculation).toEqual({ draftTokens: 4, acceptance: 0.7 });
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('no percentiles with speculative decoding');
  expect(JSON.parse(tails.stdout).tails.tbt_p99_ms.value).toBeGreaterThan(0);
});

/** A run of which `count` cells were measured. */
async function runOf(count: number, target: object = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ridge-cells-'));
  const { run, records } = measureSuite([1]);
  await mkdir(join(folder, 'run'));
  await writeFile(
    join(folder, 'run', 'run.json'),
    JSON.stringify({ ...run, targets: run.targets.map((one) => ({ ...one, ...target })) }),
  );
  const lines = records.slice(0, count).map((record) => `${JSON.stringify(record)}\n`);
  await writeFile(join(folder, 'run', 'cells.jsonl'), lines.join(''));
  return join(folder, 'run');
}

test('the first cells of a server narrow what is expected of it, and it is said by how much', async () => {
  const [few, more] = await Promise.all([runOf(1), runOf(8)]);
  const [one, all, shown] = await Promise.all([
    ridge('predict', '--cells', few, ...shape, '--json'),
    ridge('predict', '--cells', more, '--model', 'llama-3.1-8b', ...shape, '--json'),
    ridge('predict', '--cells', more, ...shape),
  ]);
  const width = ([low, high]: readonly [number, number]): number => Math.log(high / low);
  const [first, last] = [JSON.parse(one.stdout), JSON.parse(all.stdout)];
  expect(first.narrowed.cells).toBe(1);
  expect(width(first.ttft_ms.interval_90)).toBeLessThan(width(first.narrowed.before.ttft_ms.interval_90));
  expect(width(last.tpot_ms.interval_90)).toBeLessThan(width(first.tpot_ms.interval_90));
  expect(last).toMatchObject({ simulated: true, accelerator: 'h100-sxm', device_measured: true });
  const text = unfolded(shown.stdout);
  expect(text).toContain('SIMULATED');
  expect(text).toMatch(/and by \d cells of its own/);
  expect(text).toMatch(/before these cells: TTFT [\d.]+ to [\d.]+ ms, TPOT [\d.]+ to [\d.]+ ms/);
  const other = await ridge('predict', '--cells', few, '--accelerator', 'b200-sxm', ...shape);
  expect([other.exitCode, other.stderr]).toEqual([2, expect.stringContaining('the cells are of h100-sxm')]);
  const wrong = await ridge('predict', '--cells', few, '--model', 'llama-3.1-70b', ...shape);
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('the cells are of')]);
  const fit = await ridge('predict', FIT, '--cells', few, ...shape);
  expect([fit.exitCode, fit.stderr]).toEqual([2, expect.stringContaining('goes a device file, no fit')]);
});

test('cells of servers that were set up for each shape: so is what is predicted', async () => {
  const cells = await runOf(1, { budget_margin_tokens: 1500 });
  const { stdout } = await ridge('predict', '--cells', cells, ...shape);
  expect(unfolded(stdout)).toContain('max_num_batched_tokens of its prompt and streams + 1500,');
});

test.each([
  [['--model', 'llama-3.1-8b', ...shape], 'needs a fit, a device file or --accelerator'],
  [
    ['--accelerator', 'h100-sxm', '--model', 'no-such-model', ...shape],
    'no such file, and no built-in model',
  ],
  [[FIT, '--accelerator', 'b200-sxm', '--model', 'llama-3.1-8b', ...shape], 'the fit is of h100-sxm'],
  [[FIT, '--engine', 'sglang', ...shape], '--engine needs --model'],
])('%j is refused', async (argv, message) => {
  const { exitCode, stderr } = await ridge('predict', ...argv);
  expect(exitCode).toBe(2);
  expect(unfolded(stderr)).toContain(message);
});

test('a device by its name alone is taken as it is by plan --next, with a model', async () => {
  const [named, flagged, bare, file, large] = await Promise.all([
    ridge('predict', 'h100-sxm', '--model', 'llama-3.1-8b', ...shape),
    ridge('predict', '--accelerator', 'h100-sxm', '--model', 'llama-3.1-8b', ...shape),
    ridge('predict', 'h100-sxm', ...shape),
    ridge('predict', 'fits/h100-sxm/device.json', ...shape),
    ridge('predict', 'h100-sxm', '--model', 'llama-3.1-70b', ...shape),
  ]);
  expect([named.exitCode, named.stdout]).toEqual([0, flagged.stdout]);
  for (const { exitCode, stderr } of [bare, file]) {
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('a device needs a model')]);
  }
  expect(large.stderr).toContain('do not fit 1 device\n  Use a larger --tp.');
});
