import { expect, test } from 'vitest';
import { cellKey } from '../../src/run/cell-key.ts';
import { GRID, loadText } from '../suite/suite-text.ts';
import { cell, runTarget } from './facts.ts';

const { suite } = loadText(GRID);
const key = cellKey(runTarget(), cell(), suite);

test('a key is stable: when this one changes, runs in progress lose their finished cells', () => {
  expect(key).toBe('0badfb02025afb56dec5f6e3ff23b84ab21fdc1d1dce89eec40210f8e5d001d4');
});

test.each([
  ['the fit keeps a cell out', cellKey(runTarget(), cell({ hold_out: true }), suite)],
  ['the target is renamed or moves', cellKey(runTarget({ name: 'x', url: 'http://y' }), cell(), suite)],
  ['the suite gains cells', cellKey(runTarget(), cell(), loadText(`${GRID}repeats: 3\n`).suite)],
  [
    'a stalled stream is given up earlier',
    cellKey(runTarget(), cell(), loadText(`${GRID}protocol: { stall_timeout_s: 9 }\n`).suite),
  ],
  [
    'the client reads with more threads',
    cellKey(runTarget(), cell(), loadText(`${GRID}protocol: { client_workers: 4 }\n`).suite),
  ],
  ['the agent moves to another host', cellKey(runTarget({ agent: ['ssh', 'x'] }), cell(), suite)],
])('it stays when %s', (_, other) => {
  expect(other).toBe(key);
});

test.each([
  ['the repeat', cellKey(runTarget(), cell({ repeat: 1 }), suite)],
  ['the place of an anchor', cellKey(runTarget(), cell({ anchor: 'end' }), suite)],
  ['the load', cellKey(runTarget(), cell({ concurrency: 2 }), suite)],
  ['the tensor parallel size', cellKey(runTarget({ tensor_parallel: 2 }), cell(), suite)],
  ['the devices', cellKey(runTarget({ devices: 2 }), cell(), suite)],
  ['the engine', cellKey(runTarget({ engine: { name: 'vllm', version: '1' } }), cell(), suite)],
  ['the protocol', cellKey(runTarget(), cell(), loadText(`${GRID}protocol: { seed: 2 }\n`).suite)],
  ['the stop rule', cellKey(runTarget(), cell(), loadText(`${GRID}stop: { max_s: 9 }\n`).suite)],
])('it changes with %s', (_, other) => {
  expect(other).not.toBe(key);
});
