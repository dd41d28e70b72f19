import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseSpeculation } from '../../src/commands/spec-flag.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { predict } from '../../src/predict/predict.ts';

const fit = await readFit(
  fileURLToPath(
    new URL('../../fits/h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json', import.meta.url),
  ),
);
const shape = { input: 1024, output: 1024, concurrency: 8, tp: 4 };
const tpot = (more: Partial<Parameters<typeof predict>[1]> = {}): number =>
  predict(fit, { ...shape, ...more }).tpot_ms.value!;

describe('a prediction with speculative decoding', () => {
  test('gains what a step gives more, less what verifying and proposing cost', () => {
    const speculation = { draftTokens: 4, acceptance: 0.6 };
    const plain = tpot();
    const free = tpot({ speculation });
    const drafted = tpot({ speculation, draft: builtInCard('meta-llama/Llama-3.1-8B')! });
    expect(plain / free).toBeGreaterThan(2.5);
    expect(plain / free).toBeLessThan(3.4);
    expect(drafted).toBeGreaterThan(1.1 * free);
    expect(drafted).toBeLessThan(plain);
    expect(tpot({ speculation: { draftTokens: 4, acceptance: 0 } })).toBeGreaterThan(plain);
    expect(tpot({ speculation, predictor: 'closed_form' }) / free).toBeCloseTo(1, 1);
  });

  test('says that the acceptance was given', () => {
    const speculation = { draftTokens: 2, acceptance: 0.5 };
    expect(predict(fit, { ...shape, speculation }).extrapolates.join()).toContain('speculative decoding');
    expect(() => predict(fit, { ...shape, speculation: { draftTokens: 0, acceptance: 1 } })).toThrow('draft');
  });

  test('has percentiles: a step brings several tokens, and not every request as many', () => {
    const speculation = { draftTokens: 4, acceptance: 0.6 };
    const { tails, tpot_ms } = predict(fit, { ...shape, speculation, tails: true });
    const gap = tails!.tbt_p50_ms.value! / tpot_ms.value!;
    expect(gap).toBeGreaterThan(3);
    expect(gap).toBeLessThan(3.8);
    expect(tails!.tpot_p99_ms.value! / tails!.tpot_p50_ms.value!).toBeGreaterThan(1.03);
    const { objectives } = predict(fit, { ...shape, speculation, objectives: { tpot_p99_ms: 1000 } });
    expect(objectives[0]!.met).toBe(true);
    const closed = { ...shape, speculation, tails: true, predictor: 'closed_form' } as const;
    expect(() => predict(fit, closed)).toThrow('closed form has no percentiles');
  });

  test('is asked for as K,ACCEPTANCE', () => {
    expect(parseSpeculation('4,0.7')).toEqual({ draftTokens: 4, acceptance: 0.7 });
    for (const odd of ['4', '0,0.5', '4,1.5', '4,0.5,1', 'x,0.5', '1.5,0.5', '']) {
      expect(() => parseSpeculation(odd)).toThrow('--spec');
    }
  });
});
