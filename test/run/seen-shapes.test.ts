import { expect, test } from 'vitest';
import { SeenShapes } from '../../src/run/seen-shapes.ts';
import { cell, runTarget } from './facts.ts';

const real = runTarget({ simulator: null });
const simulated = (...effects: string[]) => runTarget({ simulator: { parameters: {}, effects, seed: 1 } });

test('a shape is new once, and sizes that another shape has shown are not shown again', () => {
  const seen = new SeenShapes();
  const first = seen.show(cell({ concurrency: 8 }), real);
  expect(first).toMatchObject({ first_of_shape: true, touch_first: true, touch_sizes: { batch: 8 } });
  expect(first.touch_sizes!.prompts).toContain(64);
  expect(seen.show(cell({ concurrency: 8 }), real)).toEqual({ first_of_shape: false, touch_first: false });
  const other = seen.show(cell({ concurrency: 16 }), real);
  expect(other).toMatchObject({ first_of_shape: true, touch_sizes: { batch: 16 } });
  expect(other.touch_sizes!.prompts.filter((size) => first.touch_sizes!.prompts.includes(size))).toEqual([]);
});

test('a simulated device is shown sizes only where it stalls as one that compiles', () => {
  expect(new SeenShapes().show(cell({ concurrency: 8 }), simulated('jitter'))).toEqual({
    first_of_shape: true,
    touch_first: false,
  });
  const stalls = new SeenShapes().show(cell({ concurrency: 8 }), simulated('stalls'));
  expect(stalls).toMatchObject({ touch_first: false, touch_sizes: { batch: 8 } });
});
