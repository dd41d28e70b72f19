/**
 * Replays a made-up run into the dashboard, to look at it: `node test/dashboard/replay.ts [demo|large] [events/s]`
 * after `npm run build`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from '../../src/run/events.ts';
import { DEMO_PLAN, LARGE_PLAN, recording } from './events.ts';

process.env.NODE_ENV = 'production';
const [size = 'demo', rate = '10'] = process.argv.slice(2);
const { renderDashboard } = (await import(
  new URL('../../dist/dashboard/render-dashboard.js', import.meta.url).href
)) as typeof import('../../src/dashboard/render-dashboard.tsx');

const listeners = new Set<(event: RunEvent) => void>();
const emit = (event: RunEvent): void => {
  for (const listener of listeners) listener(event);
};
const run = { paused: false, stopped: false };
const { finished } = renderDashboard({
  subscribe: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  control: {
    pause: () => {
      run.paused = true;
      emit({ kind: 'paused' });
    },
    resume: () => {
      run.paused = false;
      emit({ kind: 'resumed' });
    },
    stop: () => {
      run.stopped = true;
    },
  },
  stream: process.stdout,
});

const events = recording(size === 'large' ? LARGE_PLAN : DEMO_PLAN);
for (const event of events) {
  while (run.paused) await sleep(100);
  if (run.stopped) {
    await sleep(1000);
    emit(events.at(-1)!);
    break;
  }
  emit(event);
  await sleep(1000 / Number(rate));
}
await finished;
