import { describe, expect, test } from 'vitest';
import { blocksOf, loadBlocks, refusal } from '../../src/fit/blocks.ts';
import { cellsOf, gridOf } from './made-cells.ts';

const cells = cellsOf(gridOf([512, 2048, 8192], [128], [1, 8, 64], [1, 2]));

describe('blocksOf', () => {
  test('every shape, every tensor parallel size, the highest load', () => {
    expect(blocksOf(cells).map(({ name, cells: { size } }) => [name, size])).toEqual([
      ['shape 512/128', 6],
      ['shape 2048/128', 6],
      ['shape 8192/128', 6],
      ['tp 1', 9],
      ['tp 2', 9],
      ['load 64', 6],
    ]);
  });

  test('no block of a kind that leaves too little', () => {
    expect(blocksOf(cellsOf(gridOf([512, 2048], [128], [1, 8])))).toEqual([]);
    expect(blocksOf(cellsOf(gridOf([512, 2048], [128], [1, 8], [1, 2]))).map(({ kind }) => kind)).toEqual([
      'tp',
      'tp',
    ]);
  });

  test('every load, for what is learnt about another batch size', () => {
    expect(loadBlocks(cells).map(({ name }) => name)).toEqual(['load 1', 'load 8', 'load 64']);
    expect(loadBlocks(cells.filter((one) => one.concurrency < 64))).toEqual([]);
  });
});

describe('refusal', () => {
  const where = (keep: (one: (typeof cells)[number]) => boolean) => cells.filter(keep);
  const long = where((one) => one.input_tokens === 8192);
  const short = where((one) => one.input_tokens === 512);
  const single = where((one) => one.engine.tensorParallel === 1);
  const double = where((one) => one.engine.tensorParallel === 2);

  test('one prompt length cannot tell of another, but of itself', () => {
    expect(refusal(short, long)).toBe('one prompt length in training (512), another asked for');
    expect(refusal(short, short)).toBeNull();
  });

  test('one tensor parallel size cannot tell of another', () => {
    expect(refusal(single, double)).toBe('one tensor parallel size in training (1), another asked for');
    expect(refusal(single, single)).toBeNull();
  });

  test('two of each can; nothing to train on cannot', () => {
    expect(refusal([...short, ...where((one) => one.input_tokens === 2048)], long)).toBeNull();
    expect(refusal([], long)).toBe('no cell to train on');
  });
});
