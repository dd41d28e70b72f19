import { describe, expect, test } from 'vitest';
import type { BaselineContext } from '../../../src/fit/baselines/form.ts';
import { GENERIC_EFFICIENCIES, SPEED_OF_LIGHT } from '../../../src/fit/baselines/spec-sheet.ts';
import { builtInCard } from '../../../src/model/cards.ts';
import { weightBytes } from '../../../src/model/quantities.ts';
import type { RooflineParameters } from '../../../src/roofline/parameters.ts';
import { accelerator, card, cell, context, grid } from './cells.ts';

const without = (lacking: Partial<typeof accelerator>): BaselineContext => ({
  ...context,
  accelerator: { ...accelerator!, ...lacking } as typeof accelerator,
});
const [lightTtft, lightTpot] = SPEED_OF_LIGHT.map((form) => form.train([], context).predict);
const [genericTtft, genericTpot] = GENERIC_EFFICIENCIES.map((form) => form.train([], context).predict);

describe('speed of light', () => {
  test('one stream decodes at the time that weights and KV take at the full bandwidth', () => {
    const read =
      weightBytes(card) - card.weight_groups.find(({ name }) => name === 'embedding')!.parameters * 2;
    const bound = read / accelerator!.memory_bytes_per_s!;
    const seconds = lightTpot!(cell({ input: 16, output: 16 }))!;
    expect(seconds).toBeGreaterThan(bound);
    expect(seconds).toBeLessThan(bound * 1.01);
  });

  test('a long prompt takes its FLOP at the full peak', () => {
    const flop = 2 * 6.98e9 * 4096;
    const seconds = lightTtft!(cell({ input: 4096 }))!;
    expect(seconds).toBeGreaterThan(flop / accelerator!.bf16_flop_per_s!);
    expect(seconds).toBeLessThan((flop * 1.2) / accelerator!.bf16_flop_per_s!);
  });
});

describe('generic efficiencies', () => {
  test('are slower than light, and by no more than their smaller efficiency', () => {
    for (const one of grid([1, 2])) {
      for (const [generic, light] of [
        [genericTtft!(one)!, lightTtft!(one)!],
        [genericTpot!(one)!, lightTpot!(one)!],
      ] as const) {
        expect(generic).toBeGreaterThan(light);
        expect(generic).toBeLessThanOrEqual((light / 0.45) * (1 + 1e-9));
      }
    }
  });

  test('one stream decodes at 0.8 of the bandwidth', () => {
    const one = cell({ input: 16, output: 16 });
    expect(lightTpot!(one)! / genericTpot!(one)!).toBeCloseTo(0.8, 2);
  });
});

describe('a spec sheet with holes', () => {
  test('without an accelerator there is no answer', () => {
    for (const form of [...SPEED_OF_LIGHT, ...GENERIC_EFFICIENCIES]) {
      expect(form.train([], { ...context, accelerator: null }).predict(cell({}))).toBeNull();
    }
  });

  test('without a memory bandwidth there is none either', () => {
    const { predict } = SPEED_OF_LIGHT[1]!.train([], without({ memory_bytes_per_s: null }));
    expect(predict(cell({}))).toBeNull();
  });

  test('a missing link matters to parallel servers alone', () => {
    const { predict } = SPEED_OF_LIGHT[1]!.train([], without({ link_bytes_per_s: null }));
    expect(predict(cell({}))).toBe(lightTpot!(cell({})));
    expect(predict(cell({ tp: 2 }))).toBeNull();
  });
});

test('experts count at the peak of the format that they multiply in, other models need none', () => {
  const parametersFor = (model: typeof card) => {
    const served: RooflineParameters[] = [];
    SPEED_OF_LIGHT[1]!
      .train([], {
        ...context,
        card: model,
        serve: (parameters, one) => {
          served.push(parameters);
          return context.serve(parameters, one);
        },
      })
      .predict(cell({}));
    return served[0];
  };
  const bf16 = accelerator!.bf16_flop_per_s;
  expect(parametersFor(builtInCard('qwen3-30b-a3b')!)).toMatchObject({
    expert_flop_per_s: bf16,
    gemm_flop_per_s: bf16,
    step_overhead_s: 0,
    request_overhead_s: 0,
  });
  expect(parametersFor(card)).toMatchObject({ expert_flop_per_s: 1, gemm_flop_per_s: bf16 });
});
