import { bootstrap } from '../../src/fit/bootstrap.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { DEFAULT_FIT_OPTIONS, fitRoofline } from '../../src/fit/fit-roofline.ts';
import { validate } from '../../src/fit/validate.ts';
import { parameterPriors } from '../../src/roofline/priors.ts';
import { grid90 } from './grid.ts';
import type { SpeedRow } from './row.ts';

const seconds = (work: () => void): number => {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1e3;
};

/** A fit of 90 cells by each predictor, and all that a fit file holds about it. */
export function fitSpeed(): SpeedRow[] {
  const dataset = grid90();
  const { accelerator, card, observations } = dataset;
  const input = { card, priors: parameterPriors(accelerator, card), observations };
  const closedForm = { ...DEFAULT_FIT_OPTIONS, predictor: 'closed_form' } as const;
  const alone = seconds(() => fitRoofline(input, closedForm));
  const whole = seconds(() => {
    const fitted = fitDataset(dataset, closedForm);
    bootstrap(fitted.fit);
    validate(dataset, fitted, [], closedForm);
  });
  const scheduler = seconds(() => fitRoofline(input, DEFAULT_FIT_OPTIONS));
  const everything = seconds(() => {
    const fitted = fitDataset(dataset, DEFAULT_FIT_OPTIONS);
    bootstrap(fitted.fit);
    validate(dataset, fitted, [], DEFAULT_FIT_OPTIONS);
  });
  return [
    { name: 'fit of 90 cells, closed form', value: alone, unit: 's', target: 5 },
    { name: '  with 200 bootstraps and blocked validation', value: whole, unit: 's', target: 60 },
    { name: 'fit of 90 cells, scheduler', value: scheduler, unit: 's', target: 30 },
    { name: '  with 200 bootstraps and blocked validation', value: everything, unit: 's', target: 60 },
  ];
}
