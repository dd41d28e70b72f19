import { parentPort, workerData } from 'node:worker_threads';
import { hostClockOffsetS } from '../host-clock.ts';
import { Sender } from './sender.ts';
import type { SenderOrders, SenderReport, SenderThreadData } from './sender-messages.ts';
import { packTimeline, type TravellingTimeline } from './travelling-timeline.ts';

/** Body of a thread that `SenderThreads` starts: its own sockets, its own clock, raw timelines out. */
const sender = new Sender(workerData as SenderThreadData);
const aborts = new Map<number, () => void>();
let ended: TravellingTimeline[] = [];

function report(message: SenderReport, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}

/** One message for all answers that ended in a turn of the loop. */
function reportEnded(): void {
  const timelines = ended;
  ended = [];
  report(
    { kind: 'ended', timelines },
    timelines.map(({ columns }) => columns.buffer),
  );
}

parentPort!.on('message', (orders: SenderOrders) => {
  for (const { spec, body } of orders.sends) {
    const abort = sender.send(spec, body, (timeline) => {
      aborts.delete(spec.sequence);
      if (ended.push(packTimeline(timeline, hostClockOffsetS)) === 1) queueMicrotask(reportEnded);
    });
    aborts.set(spec.sequence, abort);
  }
  for (const sequence of orders.aborts) aborts.get(sequence)?.();
  if (orders.wantCounts) void sender.counts().then((counts) => report({ kind: 'counts', counts }));
});
report({ kind: 'ready' });
