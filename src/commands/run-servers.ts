import { oneLine } from '../report/one-line.ts';
import type { Execution } from '../run/orchestrate.ts';
import { spreadLine } from './spread-text.ts';

/**
 * What came of targets and servers, to be said when the run has ended: after a night nobody scrolls back, and the dashboard
 * is gone.
 */
export function rememberServers(execution: Execution): () => string[] {
  const failed = new Map<string, string>();
  const spreads = new Map<string, string>();
  execution.events.subscribe((event) => {
    if (event.kind === 'restart_spread') spreads.set(event.target, spreadLine(event.spread));
    if (event.kind !== 'target_state') return;
    if (event.state === 'failed')
      failed.set(event.target, `${event.target}: ${oneLine(event.message ?? '')}`);
  });
  return () => [...failed.values(), ...spreads.values()];
}
