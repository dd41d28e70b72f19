import type { Execution } from '../run/orchestrate.ts';
import { plainWatcher } from './run-plain.ts';

export type WatchStyle = 'dashboard' | 'plain' | 'json';

export const watchStyle = (flags: { json: boolean; plain: boolean }): WatchStyle => {
  if (flags.json) return 'json';
  return !flags.plain && process.stdout.isTTY && process.stdin.isTTY ? 'dashboard' : 'plain';
};

/** Shows a run that is about to start; returns what to wait for before anything else is printed. */
export async function watch(execution: Execution, style: WatchStyle): Promise<{ end(): Promise<void> }> {
  const { events, control } = execution;
  switch (style) {
    case 'json':
      events.subscribe((event) => process.stdout.write(`${JSON.stringify(event)}\n`));
      return { end: async () => undefined };
    case 'plain':
      events.subscribe(plainWatcher((line) => console.log(line)));
      return { end: async () => undefined };
    case 'dashboard': {
      // React's development build is half as fast; it decides when it is imported.
      process.env.NODE_ENV ??= 'production';
      const { renderDashboard } = await import('../dashboard/render-dashboard.tsx');
      const dashboard = renderDashboard({ subscribe: events.subscribe, control, stream: process.stdout });
      return {
        end: async () => {
          dashboard.close();
          await dashboard.finished;
        },
      };
    }
  }
}

/** Ctrl-C stops cleanly; once more ends the process at once, which loses no finished cell either. */
export function stopOnSignals(execution: Execution, say: (text: string) => void): () => void {
  const onSignal = (): void => {
    if (execution.control.signal.aborted) process.exit(130);
    say('stopping; finished cells are kept (once more to stop at once)');
    execution.control.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
  };
}
