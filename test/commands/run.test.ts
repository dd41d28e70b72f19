import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/run/events.ts';
import { readRun } from '../../src/run/read-run.ts';
import { ridge } from '../cli/ridge.ts';
import { temporaryFolder } from '../run/facts.ts';
import { endpoint } from '../simulate/endpoint.ts';

const RIDGE = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));
const SUITE = `schema_version: 1
name: small
grid: [{ input: [64], output: [8], load: { concurrency: [1, 2] } }]
stop: { confidence_half_width: 0.9, min_requests: 4, max_requests: 40, min_s: 0.05, max_s: 0.2 }
`;

/** A folder with a suite in it, and what else is given. */
async function home(files: Readonly<Record<string, string>> = {}): Promise<(name: string) => string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries({ 'small.yaml': SUITE, ...files })) {
    await writeFile(join(folder, name), text);
  }
  return (name) => join(folder, name);
}

describe('bad input is one to three lines and an exit code by the contract', () => {
  test.each([
    ['no suite', [], 2, 'which suite?'],
    ['a suite that is not there', ['nowhere.yaml', '--simulate'], 2, 'nowhere.yaml: no such file'],
    ['no target', ['suites/quick.yaml'], 2, 'no target to measure'],
    [
      'a target that is no URL',
      ['suites/quick.yaml', '--target', 'a=b'],
      2,
      "'b' is not an http or https URL",
    ],
    ['flags of a target without one', ['suites/quick.yaml', '--tp', '2'], 2, '--tp belongs to --target'],
    [
      'targets and simulated ones together',
      ['suites/quick.yaml', '--simulate', '--target', 'a=http://x'],
      2,
      'do not go together',
    ],
    [
      'a simulated model that nobody knows',
      ['suites/quick.yaml', '--simulate', '--simulate-model', 'nope'],
      2,
      "no built-in model 'nope'",
    ],
    [
      'a resumed run in another folder',
      ['--resume', 'x', '--out', 'y'],
      2,
      '--resume and --out do not go together',
    ],
    [
      'a negative value apart from its flag',
      ['suites/quick.yaml', '--simulate', '--simulate-time-scale', '-1'],
      2,
      'Write --simulate-time-scale=-1',
    ],
    [
      'a time scale that is not positive',
      ['suites/quick.yaml', '--simulate', '--simulate-time-scale=-1'],
      2,
      "--simulate-time-scale: '-1' is not a number above 0",
    ],
    ['a password in a URL', ['suites/quick.yaml', '--target', 'a=http://me:secret@x'], 2, 'api_key_env'],
    [
      'simulated devices that cannot share the heads',
      ['suites/quick.yaml', '--simulate', '--simulate-tp', '3'],
      2,
      'does not divide the 32 query heads',
    ],
    ['a run that is not there', ['--resume', 'no-such-run'], 2, "no run 'no-such-run'"],
    [
      'an accelerator that nobody knows',
      ['suites/quick.yaml', '--target', 'a=http://x', '--accelerator', 'h1000'],
      2,
      "no accelerator 'h1000'",
    ],
    [
      'a URL where nothing listens',
      ['suites/quick.yaml', '--target', 'a=http://127.0.0.1:9'],
      3,
      'the endpoint does not answer',
    ],
  ])('%s', async (_, argv, code, words) => {
    const { exitCode, stdout, stderr } = await ridge('run', ...argv, '--plain');
    expect([exitCode, stdout]).toEqual([code, '']);
    expect(stderr).toContain(words);
    expect(stderr.split('\n').length).toBeLessThanOrEqual(3);
  });

  test('an agent command that does not exist', async () => {
    const at = await home({
      'lab.yaml': `schema_version: 1\ntargets: { a: { url: "http://127.0.0.1:9", agent: [no-such-ssh, host] } }\n`,
    });
    const { exitCode, stderr } = await ridge('run', at('small.yaml'), '--lab', at('lab.yaml'));
    expect(exitCode).toBe(3);
    expect(stderr).toContain('agent command cannot be started: no-such-ssh host ridge agent');
  });

  test('an API key whose variable is not set, one that the server refuses, and a model that it does not serve', async () => {
    const { url } = await endpoint({ apiKey: 'right' });
    const lab = (more: string): string =>
      `schema_version: 1\ntargets: { a: { url: "${url}", api_key_env: RIDGE_TEST_KEY${more} } }\n`;
    const at = await home({ 'lab.yaml': lab(''), 'model.yaml': lab(', model: other') });
    const run = (file: string, key?: string) =>
      execaNode(RIDGE, ['run', at('small.yaml'), '--lab', at(file), '--out', at('run')], {
        reject: false,
        env: { RIDGE_TEST_KEY: key },
      });
    expect(await run('lab.yaml')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('RIDGE_TEST_KEY is not set'),
    });
    const refused = await run('lab.yaml', 'wrong');
    expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('HTTP 401') });
    expect(refused.stderr).not.toContain('wrong');
    expect(await run('model.yaml', 'right')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("model 'other' is not served here"),
    });
  });
});

/** `ridge run` to its end, however busy this machine is. */
const runToEnd = (...argv: string[]) =>
  execaNode(RIDGE, ['run', ...argv], { reject: false, stdin: 'ignore' });

describe('ridge run --simulate', { timeout: 60_000 }, () => {
  const flags = ['--simulate', '--simulate-tp', '1', '--simulate-time-scale', '0.05'];

  test('measures with nothing but this machine; --json gives events as lines on stdout', async () => {
    const at = await home();
    const { exitCode, stdout, stderr } = await runToEnd(
      at('small.yaml'),
      ...flags,
      '--out',
      at('run'),
      '--json',
    );
    const events = stdout.split('\n').map((line) => JSON.parse(line) as RunEvent);
    expect(events.at(-1)).toMatchObject({ kind: 'run_finished', exit_code: exitCode });
    expect(stderr).toContain(`run ${at('run')}`);
    const { run, records } = await readRun(at('run'));
    expect(records).toHaveLength(2);
    expect(run.simulate).toMatchObject({ accelerator: 'h100-sxm', tensor_parallel: [1], time_scale: 0.05 });
    expect(run.targets[0]!.simulator?.parameters).toHaveProperty('gemm_flop_per_s');
    expect(run.targets[0]!.model_card?.id).toContain('llama');
    for (const { metrics } of records) expect(metrics?.ttft_ms?.mean).toBeGreaterThan(0);
  });

  test('Ctrl-C stops cleanly with 130, says how to go on, and the resumed run ends it', async () => {
    const at = await home();
    const child = execaNode(RIDGE, ['run', at('small.yaml'), ...flags, '--out', at('run'), '--plain'], {
      reject: false,
      buffer: { stdout: true, stderr: true },
    });
    for await (const line of child.iterable()) {
      if (String(line).includes('1/2')) child.kill('SIGINT');
    }
    const { exitCode, stdout } = await child;
    expect(exitCode).toBe(130);
    expect(stdout).toContain(`go on with it: ridge run --resume ${at('run')}`);
    expect((await readRun(at('run'))).records).toHaveLength(1);
    const again = await runToEnd('--resume', at('run'), '--plain');
    expect(again.stdout).toContain('(kept)');
    expect((await readRun(at('run'))).records).toHaveLength(2);
  });
});
