import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';
import { fitFolder, madeFit, textOf } from '../fitfile/made-fit.ts';

const text = textOf(madeFit());
const files = async () => {
  const { folder, write } = await fitFolder();
  const suite = `schema_version: 1
name: mine
grid:
  - { input: [300, 12000], output: [2, 100], load: { concurrency: [1, 12] } }
  - { input: [999], output: [99], load: { concurrency: [9] }, hold_out: true }
stop: { max_s: 20 }
`;
  return { folder, fit: await write('a.fit.json', text), suite: await write('mine.yaml', suite) };
};

let given: Awaited<ReturnType<typeof files>>;

describe('ridge plan --next', () => {
  beforeAll(async () => {
    expect(text.length).toBeGreaterThan(1000);
  });

  test('prints cells with their time and what they narrow, each better than the one before', async () => {
    given = await files();
    const { exitCode, stdout } = await ridge('plan', '--next', given.fit);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^8 cells, about .*; 90 % half-widths are means over \d+ predictions/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    const { stdout: json } = await ridge('plan', '--next', given.fit, '--json', '--count', '5');
    const { cells } = JSON.parse(json);
    expect(cells).toHaveLength(5);
    for (const { half_width_90_percent: width, minutes } of cells) {
      expect(minutes).toBeGreaterThan(0);
      expect(width.tpot_ms.after).toBeLessThanOrEqual(width.tpot_ms.before);
    }
  });

  test('half-widths start at what ridge predict says', async () => {
    given = await files();
    const shape = ['--input', '1000', '--output', '100', '--concurrency', '4', '--tp', '2'];
    const predicted = JSON.parse((await ridge('predict', given.fit, ...shape, '--json')).stdout);
    const asked = 'input=1000,output=100,concurrency=4,tp=2';
    const next = JSON.parse((await ridge('plan', '--next', given.fit, '--for', asked, '--json')).stdout);
    expect(next.asked_predictions).toBe(1);
    const { value, interval_90 } = predicted.tpot_ms;
    const said = 100 * (interval_90[1] / value - 1);
    expect(next.cells[0].half_width_90_percent.tpot_ms.before / said).toBeCloseTo(1, 1);
  });

  test('takes the cells of a suite, but those that it keeps from the fit, and writes a suite that loads', async () => {
    given = await files();
    const out = join(given.folder, 'next.yaml');
    const next = await ridge(
      'plan',
      '--next',
      given.fit,
      given.suite,
      '--count',
      '3',
      '--out',
      out,
      '--json',
    );
    expect(next.exitCode).toBe(0);
    const { cells, stop } = JSON.parse(next.stdout);
    expect(stop.max_s).toBe(20);
    for (const { input_tokens } of cells) expect([300, 12_000]).toContain(input_tokens);
    const plan = await ridge('plan', out, '--tp', '1,2', '--json');
    const planned = JSON.parse(plan.stdout).targets.flatMap((target: { cells: unknown[] }) => target.cells);
    expect([plan.exitCode, planned.length]).toEqual([0, 3]);
    const before = await readFile(out, 'utf8');
    const again = await ridge('plan', '--next', given.fit, '--out', out);
    expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('a file is there already') });
    expect(await readFile(out, 'utf8')).toBe(before);
  });

  test.each([
    [['--for', 'input=10,output=5'], '--for: concurrency is missing'],
    [['--for', 'input=10,output=5,load=3'], "--for: 'load' is none of input, output, concurrency, tp"],
    [['--for', 'input=500000,output=5,concurrency=1'], 'does not fit TP 1'],
    [['--criterion', 'e'], "--criterion: 'e' is neither i nor d"],
    [['--count', '0'], "--count: '0' is not a whole number of 1 or more"],
    [['--model', 'llama-3.1-8b'], '--model belongs to --target here'],
    [['--target', 'a=http://x', '--model', 'qwen3-32b'], 'the fit is of llama-3.1-8b'],
  ])('%j is refused', async (more, words) => {
    given = await files();
    const { exitCode, stderr } = await ridge('plan', '--next', given.fit, ...more);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr.split('\n').length).toBeLessThanOrEqual(3);
  });

  test('its flags without it are refused', async () => {
    const { exitCode, stderr } = await ridge('plan', 'suites/quick.yaml', '--count', '3');
    expect([exitCode, stderr.split('\n')[0]]).toEqual([2, 'ridge: --count belongs to --next']);
  });
});

describe('ridge plan --next of a model that was never measured', () => {
  const asked = ['plan', '--next', 'h100-sxm', '--model', 'mistral-large', '--tp', '8', '--count', '2'];
  const wanted = 'input=2048,output=256,concurrency=8,tp=8';

  test('starts from the device file, as ridge predict --model does', async () => {
    const [shown, json, predicted] = await Promise.all([
      ridge(...asked),
      ridge(...asked, '--for', wanted, '--json'),
      ridge(
        ...['predict', '--accelerator', 'h100-sxm', '--model', 'mistral-large', '--tp', '8', '--json'],
        ...['--input', '2048', '--output', '256', '--concurrency', '8'],
      ),
    ]);
    expect(shown.stdout).toMatch(/^never measured: mistral-large \(bf16\) on h100-sxm; it starts from fits/);
    expect(shown.stdout).toMatch(/^2 cells, about/m);
    const next = JSON.parse(json.stdout);
    expect(next.device.accelerator).toBe('h100-sxm');
    expect(next.cells).toHaveLength(2);
    const { value, interval_90 } = JSON.parse(predicted.stdout).tpot_ms;
    const [first] = next.cells;
    const width = first.half_width_90_percent.tpot_ms;
    expect(width.before / (100 * (interval_90[1] / value - 1))).toBeCloseTo(1, 1);
    expect(width.after).toBeLessThan(width.before);
  });

  test.each([
    [['plan', '--next', 'h100-sxm'], 'needs a model'],
    [['plan', '--next', 'h100-sxm', '--model', 'mistral-large'], 'do not fit 1 device'],
    [['plan', '--next', 'no-such'], 'no fit file here'],
  ])('%j is refused', async (argv, words) => {
    const { exitCode, stderr } = await ridge(...argv);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
  });
});
