import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { giveBackThread, takeThread } from '../../src/endpoint/idle-threads.ts';

function take(): Worker {
  const worker = takeThread();
  onTestFinished(() => void worker.terminate());
  return worker;
}

test('a thread that was given back is taken again, by one at a time', () => {
  const thread = take();
  giveBackThread(thread);
  expect(take()).toBe(thread);
  expect(take()).not.toBe(thread);
});

test('one that died idle is not', async () => {
  const thread = take();
  giveBackThread(thread);
  const gone = once(thread, 'exit');
  await thread.terminate();
  await gone;
  expect(take()).not.toBe(thread);
});
