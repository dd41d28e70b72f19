import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostSeconds } from '../../src/host-clock.ts';
import { workFor } from './work-for.ts';

/** What the process is asked, as JSON in its first argument. */
export interface WakeUpTask {
  /** Command line of the reader, which gets its end of the socket as standard input. */
  readonly reader: readonly string[];
  readonly writes: number;
  readonly periodMs: number;
  /** So long either end works after each write. */
  readonly busyMs: number;
}

/** Of every write, on the host's clock: when it had left, and when the reader was woken by it. */
export interface WakeUpLog {
  readonly left: readonly number[];
  readonly woken: readonly number[];
}

/** Both ends of a loopback connection, as a server and its client have them. The far one is paused, so that only another reads it. */
async function socketPair(): Promise<{ near: Socket; far: Socket; close(): void }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true });
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], []];
  const close = (): void => {
    for (const socket of [near, far]) socket.destroy();
    server.close();
  };
  return { near, far, close };
}

/** Writes a byte a period to a reader that waits for it. */
const task = JSON.parse(process.argv[2]!) as WakeUpTask;
const { near, far, close } = await socketPair();
const [file, ...args] = task.reader;
const reader = spawn(file!, args, { stdio: [far, 'pipe', 'inherit'] });
const lines = createInterface({ input: reader.stdout! })[Symbol.asyncIterator]();
await lines.next();
const left: number[] = [];
for (let write = 0; write < task.writes; write++) {
  await sleep(Math.max(1, task.periodMs - task.busyMs));
  near.write('x');
  left.push(hostSeconds());
  workFor(task.busyMs);
}
const { value: woken = '[]' } = await lines.next();
const log: WakeUpLog = { left, woken: JSON.parse(woken) };
close();
console.log(JSON.stringify(log));
