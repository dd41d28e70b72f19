import type { RunEvent } from '../run/events.ts';
import type { CellRecord, Statistic } from '../run/schema.ts';
import { cellText } from './cell-text.ts';
import { formatDuration, formatNumber, formatPercent } from './format.ts';
import { oneLine } from './one-line.ts';

const latency = (name: string, statistic: Statistic | null): string => {
  if (statistic === null) return '';
  const { mean, half_width_95 } = statistic;
  const spread = half_width_95 === null || mean === 0 ? '' : ` ±${formatPercent(half_width_95 / mean)}`;
  return `${name} ${formatNumber(mean)} ms${spread}`;
};

/** `valid  TTFT 45.3 ms ±1.2 %  TPOT 8.31 ms ±0.4 %  1234 tok/s`, then the codes of what was found. */
function outcomeText({ verdict, metrics, reasons }: CellRecord): string {
  const throughput = metrics?.output_tokens_per_s ?? null;
  const parts = [
    verdict,
    latency('TTFT', metrics?.ttft_ms ?? null),
    latency('TPOT', metrics?.tpot_ms ?? null),
    throughput === null ? '' : `${formatNumber(throughput)} tok/s`,
    reasons.length === 0 ? '' : `(${reasons.map(({ code }) => code).join(', ')})`,
  ];
  return parts.filter((part) => part !== '').join('  ');
}

/** Turns the events of one run into the lines of a log; null for events that are not worth one. */
export type ProgressLines = (event: RunEvent) => string | null;

/** For output that is no terminal: one line a finished cell, numbered, and everything that needs attention. */
export function createProgressLines(): ProgressLines {
  let [done, total] = [0, 0];
  const told = new Set<string>();
  const counted = (text: string): string => {
    done += 1;
    return `[${done}/${total}] ${text}`;
  };
  return (event) => {
    switch (event.kind) {
      case 'run_started':
        total = event.cells.length;
        return `run ${event.run_id}: ${event.suite}, ${total} cells, about ${formatDuration(event.estimated_s)}`;
      case 'target_state':
        if (event.message === null && event.state !== 'failed') return null;
        return `${event.target}: ${event.state}${event.message === null ? '' : `: ${oneLine(event.message)}`}`;
      case 'cell_finished': {
        const { target, record, reused } = event;
        const cell = `${target} ${record.key}`;
        if (told.has(cell)) return `${target} ${cellText(record.cell)}: now ${outcomeText(record)}`;
        told.add(cell);
        return counted(
          `${target} ${cellText(record.cell)}: ${outcomeText(record)}${reused ? '  (reused)' : ''}`,
        );
      }
      case 'cell_failed':
        return counted(`${event.target} ${cellText(event.cell)}: not measured: ${oneLine(event.message)}`);
      case 'warning':
        return `warning: ${event.target === null ? '' : `${event.target}: `}${oneLine(event.message)}`;
      case 'paused':
      case 'resumed':
        return event.kind;
      case 'run_finished': {
        const { valid, flagged, invalid, not_measured } = event.counts;
        return `${event.outcome}: ${valid} valid, ${flagged} flagged, ${invalid} invalid, ${not_measured} not measured`;
      }
      case 'cell_started':
      case 'cell_progress':
      case 'remaining':
        return null;
    }
  };
}
