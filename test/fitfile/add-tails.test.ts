import { expect, test } from 'vitest';
import { withTails } from '../../src/fitfile/add-tails.ts';
import { checkFitText } from '../../src/fitfile/check-fit.ts';
import { measureSuite } from '../fit/virtual.ts';
import { madeFit, textOf, withContent } from './made-fit.ts';

const runs = [measureSuite()];
const fit = madeFit();

test('a fit without the section gets the one that it would have been made with, and nothing else changes', () => {
  const { tails, digest: _, ...rest } = fit;
  const bare = withContent(fit, { tails: undefined });
  const { tails: added, digest, ...others } = withTails(textOf(bare), 'made.fit.json', runs);
  expect(others).toEqual(rest);
  expect(digest).not.toBe(bare.digest);
  const { blocked, ...errors } = tails!.errors;
  expect(blocked!.map(({ kind }) => kind)).toEqual(['shape', 'load']);
  expect(added).toEqual({ ...tails, errors });
  expect(
    checkFitText(textOf(withTails(textOf(bare), 'made.fit.json', runs)), 'made.fit.json').problems,
  ).toEqual([]);
});

test('other rows than it was made from are refused', () => {
  expect(() => withTails(textOf(fit), 'made.fit.json', [measureSuite([1])])).toThrow(/made from other rows/);
});

test('a fit that was made with rules about cells is refused', () => {
  const ruled = withContent(fit, { selection: { only: ['tp=1'], hold_out: [] } });
  expect(() => withTails(textOf(ruled), 'made.fit.json', runs)).toThrow(/rules about cells/);
});
