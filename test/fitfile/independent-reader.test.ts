import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { virtualRun } from '../../scripts/recovery/virtual-run.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import type { Fit } from '../../src/fitfile/schema.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { accelerator, card, suite, truth } from '../fit/virtual.ts';
import { documentedFit, hasPython, MODELS, python, SHAPES, sealed } from './documented-fit.ts';
import { fitFolder, madeFit, textOf } from './made-fit.ts';

const READER = fileURLToPath(new URL('./independent-reader.py', import.meta.url));
const read = (file: string) => {
  const { status, stdout, stderr } = python(READER, file);
  return { status, stderr, found: JSON.parse(stdout || 'null') };
};

describe.skipIf(!hasPython)('a program that has only the file and its document', () => {
  test.each(MODELS)('computes what this version computes: %s', async (model) => {
    const { write } = await fitFolder();
    for (const [seed, options] of [
      [1, {}],
      [2, { turnAround: 0.004 }],
      [3, { turnAround: 0.3, edges: false }],
    ] as const) {
      const file = await write(`${seed}.fit.json`, textOf(sealed(documentedFit(model, seed, options))));
      const { status, stderr, found } = read(file);
      expect(stderr).toBe('');
      expect(found).toMatchObject({ digest: true, examples: 4 * SHAPES.length });
      expect(found.largest).toBeLessThan(1e-9);
      expect(status).toBe(0);
    }
  });

  test.each([
    ['graphs', { batch: [1, 2, 4, 8, 16, 24, 32, 512], query: null, kv_blocks: null, block_size: 16 }],
    [
      'shapes',
      { batch: [1, 4, 16, 64], query: [128, 1024, 4096], kv_blocks: [1, 64, 4096], block_size: 128 },
    ],
    [
      'shapes with contexts',
      {
        batch: [1, 4, 16, 64],
        query: [128, 1024, 8192],
        kv_blocks: [1, 64, 4096],
        context_blocks: [1, 8, 100, 1000],
        block_size: 128,
      },
    ],
    ['shapes without blocks', { batch: null, query: [256, 8192], kv_blocks: null, block_size: 128 }],
  ] as const)('computes steps that are padded: %s', async (_, padding) => {
    const { write } = await fitFolder();
    for (const model of MODELS) {
      const fit = documentedFit(model, 1, { turnAround: 0.004, padding });
      const plain = documentedFit(model, 1, { turnAround: 0.004 });
      const { stderr, found } = read(await write(`${model}.fit.json`, textOf(sealed(fit))));
      expect(stderr).toBe('');
      expect(found).toMatchObject({ digest: true, examples: 4 * SHAPES.length });
      expect(found.largest).toBeLessThan(1e-9);
      expect(fit.examples).not.toEqual(plain.examples);
    }
  });

  test.each([
    ['n-grams', null],
    ['a draft', 'llama-3.1-8b'],
  ] as const)('computes a server that proposes tokens: %s', async (_, draft) => {
    const { write } = await fitFolder();
    for (const model of MODELS) {
      const speculation = { draftTokens: 4, acceptance: 0.6 };
      const fit = documentedFit(model, 1, { turnAround: 0.004, speculation, draft });
      const { stderr, found } = read(await write(`${model}.fit.json`, textOf(sealed(fit))));
      expect(stderr).toBe('');
      expect(found).toMatchObject({ digest: true, examples: 4 * SHAPES.length });
      expect(found.largest).toBeLessThan(1e-9);
      expect(fit.examples).not.toEqual(documentedFit(model, 1, { turnAround: 0.004 }).examples);
    }
  });

  test.each([null, 0.004, 0.3])(
    'computes whole prompts and steps planned ahead, g = %s',
    async (turnAround) => {
      const { write } = await fitFolder();
      for (const model of MODELS) {
        const fit = documentedFit(model, 1, { turnAround, planned: true });
        const { stderr, found } = read(await write(`${model}.fit.json`, textOf(sealed(fit))));
        expect(stderr).toBe('');
        expect(found).toMatchObject({ digest: true, examples: 4 * SHAPES.length });
        expect(found.largest).toBeLessThan(1e-9);
        expect(fit.examples).not.toEqual(documentedFit(model, 1, { turnAround }).examples);
      }
    },
  );

  test('computes what a whole fit file, with all its keys, expects', async () => {
    const { write } = await fitFolder();
    const { found } = read(await write('made.fit.json', textOf(madeFit())));
    expect(found.digest).toBe(true);
    expect(found.examples).toBeGreaterThanOrEqual(8);
    expect(found.largest).toBeLessThan(1e-9);
  });

  test('computes the power of engine steps', async () => {
    const { write } = await fitFolder();
    const devices = [1, 2].map((tensorParallel) =>
      createDevice({ accelerator, card, tensorParallel, parameters: truth, seed: 1 }),
    );
    const run = virtualRun(suite, devices, { seed: 1, stampErrorSeconds: 0.2e-3, powerError: 0.01 });
    const fit = makeFit([run], { bootstrap: 0, createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.0.0' });
    const { power } = fit;
    const right = read(await write('power.fit.json', textOf(fit)));
    expect(right.stderr).toBe('');
    expect(right.found).toMatchObject({ digest: true });
    expect(right.found.largest).toBeLessThan(1e-9);
    const [first, ...rest] = power!.examples!;
    const wrong = { ...first!, expected: { ...first!.expected, power_w: 1 } };
    const { digest: _, ...content } = { ...fit, power: { ...power!, examples: [wrong, ...rest] } };
    expect(read(await write('wrong.json', textOf(sealed(content as Fit))))).toMatchObject({ status: 1 });
  });

  test('sees a wrong example and a wrong digest', async () => {
    const { write } = await fitFolder();
    const content = documentedFit('llama-3.1-70b', 1);
    const [first, ...rest] = content.examples;
    const ttft_ms = first!.expected.ttft_ms! * 1.00001;
    const wrong = {
      ...content,
      examples: [{ ...first!, expected: { ...first!.expected, ttft_ms } }, ...rest],
    };
    expect(read(await write('example.json', textOf(sealed(wrong))))).toMatchObject({
      status: 1,
      found: { digest: true },
    });
    const edited = { ...sealed(content), note: 'other' };
    expect(read(await write('digest.json', textOf(edited)))).toMatchObject({
      status: 1,
      found: { digest: false },
    });
  });
});
