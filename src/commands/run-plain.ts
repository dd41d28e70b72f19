import { formatClock, formatDuration, formatNumber } from '../report/format.ts';
import type { RunListener } from '../run/event-bus.ts';
import type { RunEvent } from '../run/events.ts';
import { describe } from '../run/lane.ts';
import type { CellRecord } from '../run/schema.ts';

type Print = (line: string) => void;

/** A watcher that prints one line for each thing that happens: for logs, pipes and terminals that cannot be drawn on. */
export function plainWatcher(print: Print, nowMs: () => number = () => performance.now()): RunListener {
  const began = nowMs();
  let total = 0;
  let done = 0;
  let remaining: number | null = null;
  const say = (text: string): void => print(`${formatClock((nowMs() - began) / 1000).padStart(5)}  ${text}`);
  const count = (): string => `${String(done).padStart(String(total).length)}/${total}`;
  return (event: RunEvent): void => {
    switch (event.kind) {
      case 'run_started':
        total = event.cells.length;
        say(`run ${event.run_id}: ${total} cells, about ${formatDuration(event.estimated_s)}`);
        for (const target of event.targets) {
          say(
            `target ${target.name}: ${target.model} on ${target.accelerator}, TP ${target.tensor_parallel}, ${target.engine}`,
          );
        }
        break;
      case 'target_state':
        if (event.message !== null) say(`${event.target}: ${event.state}: ${event.message}`);
        break;
      case 'cell_finished': {
        // A line that only gained a reason was counted before.
        const again = event.reused && event.record.reasons.some(({ code }) => code === 'drift');
        if (!again) done += 1;
        const left = remaining === null ? '' : `, ${formatDuration(remaining)} left`;
        const note = event.reused && !again ? ' (kept)' : '';
        say(`${count()} ${event.target}: ${cellLine(event.record)}${note}${event.reused ? '' : left}`);
        break;
      }
      case 'cell_failed':
        done += 1;
        say(`${count()} ${event.target}: ${describe(event.cell)}: not measured: ${event.message}`);
        break;
      case 'remaining':
        remaining = event.seconds;
        break;
      case 'warning':
        say(`warning: ${event.target === null ? '' : `${event.target}: `}${event.message}`);
        break;
      case 'paused':
      case 'resumed':
        say(event.kind);
        break;
      case 'cell_started':
      case 'cell_progress':
      case 'run_finished':
        break;
    }
  };
}

function cellLine({ cell, metrics, verdict, reasons }: CellRecord): string {
  const codes = reasons.filter(({ effect }) => effect !== 'note').map(({ code }) => code);
  const why = codes.length > 0 ? ` (${codes.join(', ')})` : '';
  if (metrics === null) return `${describe(cell)}: ${verdict}${why}`;
  const figures = [
    `TTFT ${formatNumber(metrics.ttft_ms?.mean ?? null)} ms`,
    `TPOT ${formatNumber(metrics.tpot_ms?.mean ?? null)} ms`,
    `${formatNumber(metrics.output_tokens_per_s)} tok/s`,
  ];
  return `${describe(cell)}: ${figures.join(', ')}: ${verdict}${why}`;
}
