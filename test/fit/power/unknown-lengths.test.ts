import { expect, test } from 'vitest';
import { meanTraffic, type PowerObservation } from '../../../src/fit/power/observation.ts';
import type { PowerPriors } from '../../../src/fit/power/parameters.ts';
import { asGoodLengths, fitWithLengths, usualLengths } from '../../../src/fit/power/unknown-lengths.ts';

const truth = { idle_power_w: 120, energy_per_flop_j: 1e-12, energy_per_byte_j: 1.5e-10 };
const priors: PowerPriors = {
  idle_power_w: { centre: 140, log_sd: 0.5 },
  energy_per_flop_j: { centre: 0.7e-12, log_sd: 0.7 },
  energy_per_byte_j: { centre: 1.2e-10, log_sd: 0.7 },
  energy_per_link_byte_j: { centre: 1e-10, log_sd: 1 },
};
const LENGTHS = { chat: 512, code: 128 } as const;
const PARAMETERS = [2e9, 8e9, 30e9];
const REQUESTS = [1, 4, 12];

/** A model that decodes 200 tokens for each request whose prompt has some length. */
function observe(
  task: 'chat' | 'code',
  parameters: number,
  requests: number,
  prompt: number,
): PowerObservation {
  const flop = 2 * parameters * requests * (200 + prompt);
  const bytes = 2 * parameters * 20 * (1 + requests / 40);
  const known = 2 * parameters * requests * (200 + LENGTHS[task]);
  return {
    target: task,
    tensorParallel: 1,
    inputTokens: prompt,
    outputTokens: 200,
    concurrency: requests,
    traffic: meanTraffic({ flop, bytes, linkBytes: 0 }),
    power_w: truth.idle_power_w + known * truth.energy_per_flop_j + bytes * truth.energy_per_byte_j,
    relative_error: 0.02,
  };
}

test('prompt lengths that no row records are found, one for each task', () => {
  const { lengths, fit } = fitWithLengths(['chat', 'code'], (tried) => ({
    observations: (['chat', 'code'] as const).flatMap((task) =>
      PARAMETERS.flatMap((parameters) =>
        REQUESTS.map((requests) => observe(task, parameters, requests, tried[task]!)),
      ),
    ),
    priors,
    limit_w: 700,
  }));
  expect(lengths.chat! / lengths.code!).toBeGreaterThanOrEqual(2);
  expect(fit.misfit).toBeLessThan(0.02);
  expect(Math.abs(Math.log(fit.parameters.energy_per_byte_j / truth.energy_per_byte_j))).toBeLessThan(0.1);
});

test('as far as rows do not tell a length it stays a usual one, with those that fit as well', () => {
  // Of one task and one model nothing but the cost of a prior moves with the length.
  const alike = (): { residuals: number[] } => ({ residuals: [0.02, -0.01, 0.03, -0.02] });
  expect(usualLengths({ chat: 16 }, alike)).toEqual({ chat: 256 });
  expect(asGoodLengths('chat', { chat: 16 }, alike)).toHaveLength(13);
  // Rows that tell: residuals grow with the distance from 64 tokens.
  const told = ({ chat }: Readonly<Record<string, number>>): { residuals: number[] } => ({
    residuals: [0.01, 0.02, 0.03].map((size) => size + Math.abs(Math.log(chat! / 64))),
  });
  expect(usualLengths({ chat: 16 }, told)).toEqual({ chat: 64 });
  expect(asGoodLengths('chat', { chat: 16 }, told)).toEqual([64]);
});
