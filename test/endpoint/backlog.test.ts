import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Backlog } from '../../src/endpoint/backlog.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A loop whose polls the test makes, with or without data. */
class FakeLoop {
  inTurn = false;
  time = 0;
  #callbacks: (() => void)[] = [];
  readonly backlog = new Backlog(this, (callback) => void this.#callbacks.push(callback));

  now(): number {
    return this.time;
  }

  poll(data?: () => void): void {
    if (data) {
      this.inTurn = true;
      data();
      this.#callbacks.push(() => {
        this.inTurn = false;
        this.backlog.turnEnded();
      });
    }
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}

/** So long what was read may wait. */
const PATIENCE_MS = 20;

function wait(loop: FakeLoop, milliseconds: number): void {
  loop.time += milliseconds / 1000;
  vi.advanceTimersByTime(milliseconds);
}

test('parsing waits for a poll that finds no data', () => {
  const loop = new FakeLoop();
  const parse = vi.fn();
  loop.poll(() => loop.backlog.later({ parse }));
  wait(loop, PATIENCE_MS);
  loop.poll(() => {});
  expect(parse).not.toHaveBeenCalled();
  wait(loop, 1);
  loop.poll();
  expect(parse).toHaveBeenCalledOnce();
});

test('one look serves several bursts', () => {
  const loop = new FakeLoop();
  const parse = vi.fn();
  for (let burst = 0; burst < 2; burst++) {
    loop.poll(() => loop.backlog.later({ parse }));
    wait(loop, 10);
    if (burst === 0) loop.poll();
    expect(parse).not.toHaveBeenCalled();
  }
  loop.poll();
  expect(parse).toHaveBeenCalledTimes(2);
  expect(vi.getTimerCount()).toBe(0);
});

test('a poll without data within a burst is no time to parse', () => {
  const loop = new FakeLoop();
  const parse = vi.fn();
  loop.poll(() => loop.backlog.later({ parse }));
  wait(loop, PATIENCE_MS - 0.5);
  loop.poll(() => {});
  wait(loop, 0.5);
  loop.poll();
  expect(parse).not.toHaveBeenCalled();
  wait(loop, 1);
  loop.poll();
  expect(parse).toHaveBeenCalledOnce();
});

test('long parsing is cut into slices, with a poll between them that may find data', () => {
  const loop = new FakeLoop();
  const order: string[] = [];
  const slow = (name: string) => ({
    parse: () => {
      order.push(name);
      loop.time += 150e-6;
    },
  });
  loop.poll(() => ['a', 'b', 'c', 'd', 'e'].forEach((name) => void loop.backlog.later(slow(name))));
  wait(loop, PATIENCE_MS);
  loop.poll();
  expect(order).toEqual(['a', 'b']);
  loop.poll(() => order.push('read'));
  expect(order).toEqual(['a', 'b', 'read']);
  wait(loop, 1);
  loop.poll();
  loop.poll();
  expect(order).toEqual(['a', 'b', 'read', 'c', 'd', 'e']);
});

test('what cannot wait runs at the end of its turn, in order; outside of a turn after the next poll', () => {
  const loop = new FakeLoop();
  const order: number[] = [];
  loop.poll(() => {
    loop.backlog.soon(() => order.push(1));
    loop.backlog.soon(() => order.push(2));
    expect(order).toEqual([]);
  });
  expect(order).toEqual([1, 2]);
  loop.backlog.soon(() => order.push(3));
  expect(order).toEqual([1, 2]);
  loop.poll();
  expect(order).toEqual([1, 2, 3]);
});

test('a client that is never idle parses while it reads, so that what waits stays bounded', () => {
  const loop = new FakeLoop();
  const size = 64 * 1024;
  let waiting = 0;
  let most = 0;
  for (let turn = 0; turn < 20_000; turn++) {
    loop.poll(() => {
      waiting += size;
      loop.backlog.grew(size);
      loop.backlog.later({
        parse: () => {
          waiting -= size;
          loop.backlog.shrank(size);
        },
      });
    });
    most = Math.max(most, waiting);
  }
  expect(most).toBeLessThan(4 * 1024 * 1024);
  expect(loop.backlog.peak).toBeLessThan(4 * 1024 * 1024);
});
