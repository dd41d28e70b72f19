import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type ClockHost, type Stamp, StampClock } from '../../src/endpoint/stamp-clock.ts';

/** A process whose time and idleness the test decides. */
class FakeHost implements ClockHost {
  time = 100;
  idleTime = 0;
  delay = 0;
  #callbacks: (() => void)[] = [];

  now = () => this.time;
  idle = () => this.idleTime;
  runDelay = () => this.delay;
  afterPoll = (callback: () => void) => void this.#callbacks.push(callback);

  work(seconds: number): void {
    this.time += seconds;
  }

  block(seconds: number): void {
    this.time += seconds;
    this.idleTime += seconds;
  }

  /** Asleep, woken by data, and then kept from running by others. */
  starve(asleep: number, waiting: number): void {
    this.block(asleep + waiting);
    this.delay += waiting;
  }

  endOfPoll(): void {
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}

test('after a poll that blocked, data arrived as the poll returned', () => {
  const host = new FakeHost();
  const clock = new StampClock(() => {}, host);
  host.block(0.01);
  expect(clock.stamp()).toEqual({ at_s: host.time, bound_s: expect.closeTo(0, 9) });
  host.work(0.002);
  expect(clock.stamp().bound_s).toBeCloseTo(0.002, 9);
});

test('after a poll that returned at once, data may have come since the poll before', () => {
  const host = new FakeHost();
  const clock = new StampClock(() => {}, host);
  host.block(0.01);
  clock.stamp();
  host.work(0.004);
  host.endOfPoll();
  expect(clock.stamp().bound_s).toBeCloseTo(0.004, 9);
});

test('work between the rest and the read counts, rest itself does not', () => {
  const host = new FakeHost();
  const clock = new StampClock(() => {}, host);
  clock.stamp();
  host.work(0.001);
  host.endOfPoll();
  host.block(0.02);
  host.work(0.003); // a timer's callback
  expect(clock.stamp().bound_s).toBeCloseTo(0.003, 9);
});

test('work before the last tick that found no data does not count', () => {
  const host = new FakeHost();
  const clock = new StampClock(() => {}, host);
  clock.stamp();
  host.endOfPoll();
  host.block(1);
  host.work(0.02); // a scrape is read
  clock.tick();
  host.endOfPoll();
  host.block(0.5);
  host.work(0.001);
  expect(clock.stamp().bound_s).toBeCloseTo(0.001, 9);
});

test('a tick in the turn of a read changes nothing, and data right after one may be as old as its poll', () => {
  const host = new FakeHost();
  const clock = new StampClock(() => {}, host);
  host.block(0.01);
  clock.tick();
  host.work(0.003);
  expect(clock.stamp().bound_s).toBeCloseTo(0.003, 9);
  host.endOfPoll();
  clock.tick();
  host.work(0.002);
  host.endOfPoll();
  expect(clock.stamp().bound_s).toBeCloseTo(0.002, 9);
});

test('work at the end of a turn does not widen the next bound once the loop has rested', () => {
  const host = new FakeHost();
  const clock = new StampClock(() => host.work(0.05), host);
  clock.stamp();
  expect(clock.inTurn).toBe(true);
  host.endOfPoll();
  expect(clock.inTurn).toBe(false);
  host.block(0.001);
  expect(clock.stamp().bound_s).toBeCloseTo(0, 9);
});

test('time in which others had the core is no rest: the data may have been there', () => {
  const host = new FakeHost();
  const clock = new StampClock(() => {}, host);
  clock.stamp();
  host.endOfPoll();
  host.starve(0.01, 0.004);
  expect(clock.stamp().bound_s).toBeCloseTo(0.004, 9);
  host.endOfPoll();
  // The next data may have come from the moment on that woke the thread.
  host.work(0.001);
  expect(clock.stamp().bound_s).toBeCloseTo(0.005, 9);
});

test('a thread that only waited for its core has not rested at all', () => {
  const host = new FakeHost();
  const clock = new StampClock(() => {}, host);
  host.block(0.01);
  clock.stamp();
  host.work(0.002);
  host.endOfPoll();
  host.starve(0, 0.003);
  expect(clock.stamp().bound_s).toBeCloseTo(0.005, 9);
});

test('waits for a core before the last tick that found no data do not count', () => {
  const host = new FakeHost();
  const clock = new StampClock(() => {}, host);
  clock.stamp();
  host.endOfPoll();
  host.starve(0.01, 0.004);
  clock.tick();
  host.endOfPoll();
  host.starve(0.01, 0.002);
  expect(clock.stamp().bound_s).toBeCloseTo(0.002, 9);
});

test('on a real socket, the bound covers the time that the data had to wait', async () => {
  const clock = new StampClock();
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const writer = await new Promise<Socket>((resolve) => server.once('connection', resolve));
  onTestFinished(() => void reader.destroy());
  for (const busyMs of [0, 15, 0, 15]) {
    const read = new Promise<Stamp>((resolve) => reader.once('data', () => resolve(clock.stamp())));
    writer.write('x');
    // Loopback delivers within the write: from here on the data waits for the loop.
    const arrived = clock.now();
    while (clock.now() < arrived + busyMs / 1000);
    const { at_s, bound_s } = await read;
    expect(bound_s).toBeGreaterThanOrEqual(at_s - arrived);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
