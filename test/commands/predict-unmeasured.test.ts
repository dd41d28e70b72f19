import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';

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

test.each([
  [['--model', 'llama-3.1-8b', ...shape], 'needs a fit, a device file or --accelerator'],
  [
    ['--accelerator', 'h100-sxm', '--model', 'no-such-model', ...shape],
    'no such file, and no built-in model',
  ],
  [['--accelerator', 'h100-sxm', '--model', 'llama-3.1-8b', '--tails', ...shape], 'goes without'],
  [[FIT, '--accelerator', 'b200-sxm', '--model', 'llama-3.1-8b', ...shape], 'the fit is of h100-sxm'],
  [[FIT, '--engine', 'sglang', ...shape], '--engine needs --model'],
])('%j is refused', async (argv, message) => {
  const { exitCode, stderr } = await ridge('predict', ...argv);
  expect(exitCode).toBe(2);
  expect(unfolded(stderr)).toContain(message);
});
