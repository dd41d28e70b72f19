import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { installTools } from '../../src/simulate/power/install-tools.ts';
import { ridge } from '../cli/ridge.ts';
import { temporaryFolder } from '../run/facts.ts';
import { endpoint } from '../simulate/endpoint.ts';
import { device } from '../simulate/factory.ts';

test('ridge probe says what a target is and what is not known, and measures nothing', async () => {
  const { url, state } = await endpoint();
  const flags = ['--target', `lab=${url}`, '--accelerator', 'h100-sxm', '--tp', '1'];
  const { exitCode, stdout } = await ridge('probe', ...flags);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^lab\n {2}url +http:\/\/127\.0\.0\.1:\d+\n {2}engine +vllm 0\.32\.0\+simulated$/m);
  expect(stdout).toContain(`max_num_seqs            ${state.device.settings.maxNumSeqs} (server)`);
  expect(stdout).toContain("warning: model 'test/dense-8b' has no card");
});

test('ridge probe says where the watts of a target come from, and what windows they need', async () => {
  const { url } = await endpoint({ device: device({ accelerator: findAccelerator('h100-sxm') }) });
  const at = await temporaryFolder();
  await installTools(at, url);
  const power = `power: { source: nvidia-smi, path: "${at}" }`;
  await writeFile(join(at, 'lab.yaml'), `schema_version: 1\ntargets: { lab: { url: "${url}", ${power} } }\n`);
  const { exitCode, stdout } = await ridge('probe', '--lab', join(at, 'lab.yaml'));
  expect(exitCode).toBe(0);
  expect(stdout).toContain(
    'power                   nvidia-smi 580.00, device 0, every 0.1 s; windows of 30 s or more',
  );
});

test('a target that does not answer is exit code 3', async () => {
  expect(await ridge('probe', '--target', 'lab=http://127.0.0.1:9')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('the endpoint does not answer'),
  });
});
