import { counted } from '../plural.ts';
import { calibrationLine } from '../report/calibration-text.ts';
import { formatClock, formatDuration, formatNumber } from '../report/format.ts';
import { oneLine } from '../report/one-line.ts';
import { roundText } from '../report/round-text.ts';
import { searchText } from '../report/search-text.ts';
import type { RunListener } from '../run/event-bus.ts';
import type { EventTarget, RunEvent } from '../run/events.ts';
import { describe, endpointFailed } from '../run/lane.ts';
import type { CellRecord, CellShape } from '../run/schema.ts';
import { spreadLine } from './spread-text.ts';

type Print = (line: string) => void;

/** A watcher that prints one line for each thing that happens: for logs, pipes and terminals that cannot be drawn on. */
export function plainWatcher(print: Print, nowMs: () => number = () => performance.now()): RunListener {
  const began = nowMs();
  const seen = new Set<string>();
  const clients = new Set<string>();
  const expected = new Map<string, number>();
  let total = 0;
  let remaining: Remaining | null = null;
  let round = 0;
  const say = (text: string): void => print(`${formatClock((nowMs() - began) / 1000).padStart(5)}  ${text}`);
  const cellOf = (target: string, cell: CellShape): string => `${target} ${JSON.stringify(cell)}`;
  // A search does not know how many it takes.
  const count = (): string =>
    total === 0 ? String(seen.size) : `${String(seen.size).padStart(String(total).length)}/${total}`;
  return (event: RunEvent): void => {
    switch (event.kind) {
      case 'run_started':
        total = event.cells.length;
        for (const { target } of event.cells) expected.set(target, (expected.get(target) ?? 0) + 1);
        say(`run ${event.run_id}: ${sizeText(total, event)}`);
        for (const target of event.targets) say(`target ${targetLine(target)}`);
        break;
      case 'client':
        if (clients.has(event.host)) break;
        clients.add(event.host);
        say(`client on ${event.host}: ${calibrationLine(event.calibration)}`);
        break;
      case 'target_planned':
        total += event.cells.length - (expected.get(event.target.name) ?? 0);
        say(`target ${targetLine(event.target)}`);
        break;
      case 'restart_spread':
        say(spreadLine(event.spread));
        break;
      case 'target_state':
        if (event.message !== null) say(`${event.target}: ${event.state}: ${oneLine(event.message)}`);
        break;
      case 'cell_finished': {
        // A cell comes again when it gains a reason (drift), of which a warning tells.
        const cell = cellOf(event.target, event.record.cell);
        if (seen.has(cell)) break;
        seen.add(cell);
        const left = remaining === null ? '' : `, ${leftText(remaining, round)}`;
        say(`${count()} ${event.target}: ${cellLine(event.record)}${event.reused ? ' (kept)' : left}`);
        break;
      }
      case 'cell_failed':
        seen.add(cellOf(event.target, event.cell));
        say(`${count()} ${event.target}: ${describe(event.cell)}: not measured: ${oneLine(event.message)}`);
        break;
      case 'search':
        say(searchText(event));
        break;
      case 'remaining':
        remaining = event;
        break;
      case 'round':
        if (event.round === 1 && !event.fitted) say(BEFORE_A_FIT);
        round = event.round;
        say(roundLine(event));
        break;
      case 'warning':
        say(`warning: ${event.target === null ? '' : `${event.target}: `}${oneLine(event.message)}`);
        break;
      case 'paused':
      case 'resumed':
        say(event.kind);
        break;
      case 'cell_started':
      case 'cell_progress':
        break;
      case 'run_finished':
        say(countsLine(event.outcome, event.counts));
        break;
    }
  };
}

type Remaining = Extract<RunEvent, { kind: 'remaining' }>;

const sizeText = (
  total: number,
  { estimated_s, adaptive, searches }: Extract<RunEvent, { kind: 'run_started' }>,
): string =>
  searches
    ? 'a search, its cells are chosen as it goes'
    : adaptive
      ? `up to ${counted(total, 'cell')}, at most ${formatDuration(estimated_s)}`
      : `${counted(total, 'cell')}, about ${formatDuration(estimated_s)}`;

function leftText({ seconds, round_s }: Remaining, round: number): string {
  if (round_s === undefined) return `${formatDuration(seconds)} left`;
  const most = `at most ${formatDuration(seconds)} left in all`;
  return round_s < 0.5 ? most : `${formatDuration(round_s)} left of round ${round}, ${most}`;
}

const BEFORE_A_FIT =
  'half-widths before the first fit come from the priors (data sheet, what is usual) and the cells so far';

function targetLine({ name, model, accelerator, tensor_parallel, engine }: EventTarget): string {
  const known = engine === '' ? 'its server is started when its turn comes' : engine;
  return `${name}: ${model === '' ? '' : `${model} on `}${accelerator}, TP ${tensor_parallel}, ${known}`;
}

function cellLine(record: CellRecord): string {
  const { cell, metrics, reasons } = record;
  // As the counts at the end have it.
  const verdict = endpointFailed(record) ? 'not measured' : record.verdict;
  const codes = reasons.filter(({ effect }) => effect !== 'note').map(({ code }) => code);
  const why = codes.length > 0 ? ` (${codes.join(', ')})` : '';
  const overloaded = record.stopped_by === 'overloaded' ? ', overloaded' : '';
  if (metrics === null) return `${describe(cell)}: ${verdict}${why}${overloaded}`;
  const figures = [
    `TTFT ${formatNumber(metrics.ttft_ms?.mean ?? null)} ms`,
    `TPOT ${formatNumber(metrics.tpot_ms?.mean ?? null)} ms`,
    `${formatNumber(metrics.output_tokens_per_s)} tok/s`,
    ...energyFigures(record),
  ];
  const again = record.restarted ? ', its window begun anew after a stall' : '';
  return `${describe(cell)}: ${figures.join(', ')}: ${verdict}${why}${overloaded}${again}`;
}

/** Watts and joules a token, or why there are none. */
function energyFigures({ energy }: CellRecord): string[] {
  if (!energy) return [];
  if (energy.power_w === null) {
    const why = energy.reasons.filter(({ effect }) => effect === 'reject').map(({ code }) => code);
    return [`no energy (${why.join(', ')})`];
  }
  const joules = energy.joules_per_output_token?.gross ?? null;
  return [
    `${formatNumber(energy.power_w)} W`,
    ...(joules === null ? [] : [`${formatNumber(joules)} J/token`]),
  ];
}

type Round = Extract<RunEvent, { kind: 'round' }>;

const ENDS: Readonly<Record<NonNullable<Round['ended']>, string>> = {
  goal: 'goal reached',
  budget: 'the time is spent',
  no_cells: 'no cell is left that would tell more',
};

function roundLine(event: Round): string {
  const left = formatDuration(Math.max(0, event.budget_s - event.spent_s));
  const next = event.ended === null ? `${counted(event.cells, 'cell')} next` : ENDS[event.ended];
  const of = event.target === undefined ? '' : `${event.target}: `;
  return `${of}${roundText(event)}; ${next}; ${left} of the budget left`;
}

type Finished = Extract<RunEvent, { kind: 'run_finished' }>;

function countsLine(outcome: Finished['outcome'], counts: Finished['counts']): string {
  const parts = [`${counts.valid} valid`, `${counts.flagged} flagged`, `${counts.invalid} invalid`];
  if (counts.not_measured > 0) parts.push(`${counts.not_measured} not measured`);
  return `${outcome}: ${parts.join(', ')}`;
}
