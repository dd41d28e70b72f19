import { expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';
import { endpoint } from '../simulate/endpoint.ts';

test('ridge probe says what a target is and what is not known, and measures nothing', async () => {
  const { url, state } = await endpoint();
  const flags = ['--target', `lab=${url}`, '--accelerator', 'h100-sxm', '--tp', '1'];
  const { exitCode, stdout } = await ridge('probe', ...flags);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^lab\n {2}url +http:\/\/127\.0\.0\.1:\d+\n {2}engine +vllm 0\.32\.0\+simulated$/m);
  expect(stdout).toContain(`max_num_seqs            ${state.device.settings.maxNumSeqs} (server)`);
  expect(stdout).toContain("warning: model 'test/dense-8b' has no card");
});

test('a target that does not answer is exit code 3', async () => {
  expect(await ridge('probe', '--target', 'lab=http://127.0.0.1:9')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('the endpoint does not answer'),
  });
});
