import { expect, test } from 'vitest';
import * as library from '../../src/index.ts';

test('programs get what the verbs call: files, predictions by both serving models, steps, comparisons', () => {
  expect(Object.keys(library).sort()).toEqual([
    'DEFAULT_FIXED_COSTS',
    'RidgeError',
    'TAIL_QUANTILES',
    'basisNames',
    'buildDevice',
    'carriedSource',
    'closedLoopMeans',
    'closedLoopTails',
    'compare',
    'customBasis',
    'customBasisSchema',
    'findBasis',
    'fitSource',
    'narrowed',
    'objectivesOf',
    'parseDevice',
    'parseFit',
    'predict',
    'predictUnmeasured',
    'readDevice',
    'readFit',
    'scheduledMeans',
    'scheduledTails',
    'servingRules',
    'specSource',
    'stepTime',
    'unmeasuredModel',
  ]);
});
