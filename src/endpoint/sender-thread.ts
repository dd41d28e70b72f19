import { parentPort } from 'node:worker_threads';
import { hostClockOffsetS } from '../host-clock.ts';
import { Sender } from './sender.ts';
import type { SenderAsk, SenderReport, SendOrder } from './sender-messages.ts';
import { packTimeline, type TravellingTimeline } from './travelling-timeline.ts';

/** Body of a thread of `SenderThreads`: its own sockets, its own clock, raw timelines out. */
let sender: Sender | null = null;
const aborts = new Map<number, () => void>();
let ended: TravellingTimeline[] = [];
/** Answers end in bursts, and each message costs both threads a turn: so long one waits for more. */
const PAUSE_MS = 1;

function report(message: SenderReport, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}

/** One message for all answers that ended within a moment. */
function reportEnded(): void {
  const timelines = ended;
  ended = [];
  report(
    { kind: 'ended', timelines },
    timelines.map(({ columns }) => columns.buffer),
  );
}

function send({ spec, body }: SendOrder): void {
  const abort = sender!.send(spec, body, (timeline) => {
    aborts.delete(spec.sequence);
    if (ended.push(packTimeline(timeline, hostClockOffsetS)) === 1) setTimeout(reportEnded, PAUSE_MS);
  });
  aborts.set(spec.sequence, abort);
}

parentPort!.on('message', async (ask: SenderAsk) => {
  switch (ask.kind) {
    case 'open':
      sender = new Sender(ask.options);
      report({ kind: 'opened' });
      break;
    case 'orders':
      for (const order of ask.sends) send(order);
      for (const sequence of ask.aborts) aborts.get(sequence)?.();
      if (ask.wantCounts) report({ kind: 'counts', counts: await sender!.counts() });
      break;
    case 'close':
      await sender!.close();
      sender = null;
      report({ kind: 'closed' });
      break;
  }
});
