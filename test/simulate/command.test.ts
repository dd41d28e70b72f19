import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { command } from '../../src/commands/simulate.ts';
import { RidgeError } from '../../src/errors.ts';
import { chunksOf } from './endpoint.ts';

const bin = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));

interface Ready {
  readonly state: 'ready';
  readonly url: string;
  readonly parameters: { readonly step_overhead_s: number };
}

/** Starts `ridge simulate` in a process of its own, and waits until it says that it is ready. */
async function simulate(...argv: string[]) {
  const child = execaNode(bin, ['simulate', ...argv], {
    reject: false,
    env: { RIDGE_TEST_KEY: 'secret' },
    timeout: 15_000,
  });
  onTestFinished(() => void child.kill());
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ready: JSON.parse(line.toString()) as Ready };
}

const complete = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ prompt: [1, 2, 3], max_tokens: 4, ignore_eos: true, stream: true }),
  });

describe('ridge simulate', () => {
  it('says where it is in one JSON line, serves, and ends quietly when asked', async () => {
    const { child, ready } = await simulate(
      ...['--effects', 'off', '--parameter', 'step_overhead_s=0.004', '--time-scale', '0.5'],
      ...['--api-key-env', 'RIDGE_TEST_KEY'],
    );
    expect(ready).toMatchObject({
      state: 'ready',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      accelerator: 'h100-sxm',
      model: 'meta-llama/Llama-3.1-8B',
      effects: [],
      seed: 1,
    });
    expect(ready.parameters.step_overhead_s).toBe(0.002);
    expect((await complete(ready.url)).status).toBe(401);
    const response = await complete(ready.url, { authorization: 'Bearer secret' });
    expect(chunksOf(await response.text())).toHaveLength(4);
    child.kill('SIGTERM');
    const { exitCode, stderr } = await child;
    expect([exitCode, stderr]).toEqual([0, '']);
  });

  it('ends with its stdin where it was told to, or by a signal before', async () => {
    const [left, signalled] = await Promise.all([
      simulate('--until-stdin-ends'),
      simulate('--until-stdin-ends'),
    ]);
    left.child.stdin.end();
    expect((await left.child).exitCode).toBe(0);
    signalled.child.kill('SIGTERM');
    expect((await signalled.child).exitCode).toBe(0);
  });

  it('dies half way through a stream when it is told to', async () => {
    const { child, ready } = await simulate('--fault', 'exit-after:1');
    const response = await complete(ready.url);
    await expect(response.text()).rejects.toThrow();
    expect((await child).exitCode).toBe(1);
  });

  it('says in one or two lines what it cannot use', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void busy.close());
    await new Promise((resolve) => busy.once('listening', resolve));
    const { port } = busy.address() as AddressInfo;
    const cases: readonly (readonly [string[], RegExp])[] = [
      [['--model', 'no/such'], /no built-in model 'no\/such'/],
      [['--accelerator', 'h1000'], /no accelerator 'h1000'/],
      [['--parameter', 'speed=1'], /unknown parameter 'speed'/],
      [['--parameter', 'step_overhead_s=-1'], /'-1' is not a number above 0/],
      [['--effects', 'all'], /unknown effect 'all'/],
      [['--fault', 'fire'], /unknown fault 'fire'/],
      [['--api-key-env', 'RIDGE_NO_SUCH_KEY'], /RIDGE_NO_SUCH_KEY is not set/],
      [['--port', '70000'], /70000 is above 65535/],
      [['--port', String(port)], /cannot listen/],
    ];
    for (const [argv, message] of cases) {
      const error = await command.run(argv).catch((caught: unknown) => caught);
      expect(error, argv.join(' ')).toBeInstanceOf(RidgeError);
      const { exitCode, toLines } = error as RidgeError;
      const lines = toLines.call(error);
      expect(lines[0]).toMatch(message);
      expect([exitCode, lines.length <= 2]).toEqual([2, true]);
    }
  });
});
