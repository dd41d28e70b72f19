import { expect, test } from 'vitest';
import * as library from '../../src/index.ts';

test('programs get what the verbs call: files, predictions by both serving models, steps', () => {
  expect(Object.keys(library).sort()).toEqual([
    'RidgeError',
    'closedLoopMeans',
    'parseFit',
    'predict',
    'readFit',
    'scheduledMeans',
    'stepTime',
  ]);
});
