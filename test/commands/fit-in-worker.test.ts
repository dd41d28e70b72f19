import { expect, test } from 'vitest';
import { fitInWorker } from '../../src/commands/fit-in-worker.ts';
import { RidgeError } from '../../src/errors.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { measureSuite } from '../fit/virtual.ts';

const runs = [measureSuite([1])];
const options = {
  createdAt: '2026-01-15T12:00:00.000Z',
  toolVersion: '0.1.0',
  predictor: 'closed_form',
  bootstrap: 0,
} as const;

test('the fit of a thread is the fit, and it says how far it is', async () => {
  const seen: string[] = [];
  const fit = await fitInWorker({ runs, options }, { onProgress: (what) => seen.push(what) });
  expect(fit).toEqual(makeFit(runs, options));
  expect(seen[0]).toBe('fit');
  expect(seen).toContain('hold-out load 64');
});

test('what it refuses is the same error on this side', async () => {
  const few = { ...runs[0]!, records: runs[0]!.records.slice(0, 2) };
  const failed = fitInWorker({ runs: [few], options });
  await expect(failed).rejects.toBeInstanceOf(RidgeError);
  await expect(failed).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining('too few usable cells'),
    mend: expect.stringContaining('suites/roofline.yaml'),
  });
});

test('an error that is no message for users is not swallowed', async () => {
  const broken = { ...runs[0]!, records: null as never };
  await expect(fitInWorker({ runs: [broken], options })).rejects.toThrow(TypeError);
});

test('it ends when it is told to, with the exit code of an interruption', async () => {
  const controller = new AbortController();
  const fitted = fitInWorker(
    { runs, options: { ...options, predictor: 'scheduler' } },
    { signal: controller.signal, onProgress: () => controller.abort() },
  );
  await expect(fitted).rejects.toMatchObject({ exitCode: 130 });
});
