import { describe, expect, test } from 'vitest';
import { loadCell } from '../../../scripts/recovery/load-cell.ts';
import { POWER_BASELINES } from '../../../src/fit/power/baselines.ts';
import { fitPower, type PowerProblem } from '../../../src/fit/power/fit-power.ts';
import { meanPower, type PowerObservation } from '../../../src/fit/power/observation.ts';
import { powerPriors } from '../../../src/fit/power/parameters.ts';
import { predictPower } from '../../../src/fit/power/predict-power.ts';
import { scheduleTraffic } from '../../../src/roofline/scheduler/schedule-traffic.ts';
import { scheduleOf } from '../../../src/roofline/scheduler/scheduled-means.ts';
import { StepPricer } from '../../../src/roofline/step-pricer.ts';
import { TrafficCounter } from '../../../src/roofline/step-traffic.ts';
import { createDevice } from '../../../src/simulate/device.ts';
import { createRandom } from '../../../src/simulate/random.ts';
import { protocolSchema, stopSchema } from '../../../src/suite/schema.ts';
import { accelerator, card, truth } from '../virtual.ts';

const SHAPES = [
  [128, 256, 1],
  [128, 256, 16],
  [128, 256, 64],
  [2048, 128, 4],
  [2048, 128, 16],
  [8192, 16, 2],
] as const;
const protocol = protocolSchema.parse({});
const stop = stopSchema.parse({ min_s: 5, max_requests: 150 });

/** Cells of a simulated device: their true mean power in virtual time, their traffic as the fitted model sees it. */
function observe(
  tensorParallel: number,
  seed: number,
): { observations: PowerObservation[]; device: ReturnType<typeof createDevice> } {
  const device = createDevice({ accelerator, card, tensorParallel, parameters: truth, seed: 3 });
  const random = createRandom(seed, 0);
  const observations = SHAPES.map(([input, output, concurrency]) => {
    const shape = { kind: 'load', input, output, concurrency, kvFill: null, holdOut: false } as const;
    const { power_w } = loadCell(device, shape, protocol, stop, 1);
    const loop = {
      inputTokens: input,
      outputTokens: output,
      concurrency,
      turnAroundSeconds: 0,
      driving: { kind: 'steady', output_jitter: protocol.output_jitter },
    } as const;
    const schedule = scheduleOf(card, truth, device.settings, loop);
    const pricer = new StepPricer(card, truth, tensorParallel);
    return {
      target: `tp${tensorParallel}`,
      tensorParallel,
      inputTokens: input,
      outputTokens: output,
      concurrency,
      traffic: scheduleTraffic(schedule, pricer, new TrafficCounter(card, tensorParallel)),
      power_w: power_w! * (1 + 0.01 * random.normal()),
      relative_error: 0.01,
    };
  });
  return { observations, device };
}

const one = observe(1, 5);
const two = observe(2, 6);
const { power } = one.device;
const problem = (observations: readonly PowerObservation[]): PowerProblem => ({
  observations,
  priors: powerPriors(accelerator, card, power.idle_power_w),
  limit_w: power.power_limit_w,
});
const both = [...one.observations, ...two.observations];

describe('the power model', () => {
  test('says the true power of a simulated device whose parameters are known, within a few per cent', () => {
    for (const { traffic, power_w } of both) {
      expect(meanPower(traffic, power, power.power_limit_w) / power_w).toBeCloseTo(1, 1);
    }
  });

  const fit = fitPower(problem(both));

  test('finds the energies that it was made with, inside its intervals', () => {
    fit.names.forEach((name, j) => {
      const z = Math.log(fit.parameters[name] / power[name]) / fit.covariance.standardErrors[j]!;
      expect(Math.abs(z), name).toBeLessThan(2.6);
    });
    expect(fit.misfit).toBeLessThan(0.04);
    expect(Math.abs(Math.log(fit.parameters.energy_per_byte_j / power.energy_per_byte_j))).toBeLessThan(0.1);
  });

  test('leaves out the link where nothing was sent over one', () => {
    expect(fitPower(problem(one.observations)).names).not.toContain('energy_per_link_byte_j');
  });

  test('is not moved by one broken cell', () => {
    const [first, ...rest] = both;
    const broken = fitPower(problem([{ ...first!, power_w: 3 * first!.power_w }, ...rest]));
    expect(broken.weights[0]).toBeLessThan(0.3);
    expect(
      Math.abs(Math.log(broken.parameters.energy_per_byte_j / fit.parameters.energy_per_byte_j)),
    ).toBeLessThan(0.1);
  });

  test('predicts shapes that it did not see better than a straight line over the load', () => {
    const unseen = (cell: PowerObservation): boolean => cell.inputTokens === 2048;
    const training = both.filter((cell) => !unseen(cell));
    const trained = fitPower(problem(training));
    const error = (predict: (cell: PowerObservation) => number): number => {
      const errors = both.filter(unseen).map((cell) => Math.abs(predict(cell) / cell.power_w - 1));
      return errors.reduce((sum, each) => sum + each, 0) / errors.length;
    };
    const line = POWER_BASELINES.find(({ name }) => name === 'linear in load')!.train(training, null);
    const model = error(({ traffic }) => predictPower(trained, traffic, power.power_limit_w).power_w);
    expect(model).toBeLessThan(0.05);
    expect(model).toBeLessThan(error((cell) => line(cell)!) / 3);
  });

  test('never goes above the limit, and refuses to fit nothing', () => {
    const { traffic } = both.at(-1)!;
    expect(meanPower(traffic, power, 200)).toBeLessThanOrEqual(200);
    expect(() => fitPower(problem([]))).toThrow(RangeError);
  });
});
