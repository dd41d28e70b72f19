import { renderTable } from '../../src/report/text-table.ts';
import type { ClientFigures } from './figures.ts';

const right = (title: string, unit: string) => ({ title, unit, align: 'right' }) as const;
const COLUMNS = [
  { title: 'client' },
  right('TTFT bias', 'ms'),
  right('p99', 'ms'),
  right('TPOT', 'ms'),
  right('true', 'ms'),
  right('ITL p50', 'ms'),
  right('true', 'ms'),
  right('ITL p99', 'ms'),
  right('true', 'ms'),
  right('bound p99', 'ms'),
  right('beyond it', '%'),
  right('tokens', '/s'),
  right('CPU', 'us/token'),
];

export function figuresTable(figures: ReadonlyMap<string, ClientFigures>): string {
  const rows = [...figures].map(([name, f]) => [
    ...[
      name,
      f.ttftBiasMean,
      f.ttftBiasP99,
      f.tpot,
      f.trueTpot,
      f.itlP50,
      f.trueItlP50,
      f.itlP99,
      f.trueItlP99,
    ],
    ...[
      f.boundP99,
      f.beyondBound === null ? null : 100 * f.beyondBound,
      Math.round(f.eventsPerSecond),
      f.cpuPerEvent,
    ],
  ]);
  return renderTable({ columns: COLUMNS, rows });
}

interface Target {
  readonly name: string;
  readonly value: number | null;
  readonly limit: number;
  /** What the host alone makes of it, whoever the client is. */
  readonly host?: number;
}

/**
 * Our figures against `vllm bench serve` and against the truth, each with the limit it is held to.
 * @param hostBeyond share of stamps that the host alone may put beyond their bound, see `HostAlone`
 */
export function ratioLines(
  streams: number,
  figures: ReadonlyMap<string, ClientFigures>,
  hostBeyond: number,
): { lines: string[]; met: boolean } {
  const own = figures.get('ridge')!;
  const vllm = figures.get('vllm bench serve');
  const targets: Target[] = [
    ...(vllm && streams >= 200 ? biasTargets(own, vllm) : []),
    ...(vllm
      ? [{ name: 'CPU a token, of vllm bench', value: share(own.cpuPerEvent, vllm.cpuPerEvent), limit: 0.7 }]
      : []),
    ...(streams === 200 ? truthTargets(own) : []),
    beyondTarget(own, hostBeyond),
  ];
  return judged(targets);
}

/** Workers against one thread at the same load, and against the truth. */
export function workerLines(
  streams: number,
  cpuRatio: number,
  workers: ClientFigures,
  hostBeyond: number,
): { lines: string[]; met: boolean } {
  return judged([
    { name: 'CPU of the workers, of one thread', value: cpuRatio, limit: 1.1 },
    ...(streams === 200 ? truthTargets(workers).slice(0, 2) : []),
    beyondTarget(workers, hostBeyond),
  ]);
}

/** `host`: missed, but by no more than what the host alone may do to every client. */
type State = 'ok' | 'host' | 'MISS';

function stateOf({ value, limit, host = 0 }: Target): State {
  if (value === null) return 'MISS';
  if (value <= limit) return 'ok';
  return host > limit && value <= host ? 'host' : 'MISS';
}

function judged(targets: readonly Target[]): { lines: string[]; met: boolean } {
  const lines = targets.map((target) => {
    const { name, value, limit, host = 0 } = target;
    const also = host > limit ? `; this host alone may make ${short(host)}` : '';
    return `  ${stateOf(target).padEnd(4)}  ${name}: ${value === null ? '-' : short(value)} (at most ${limit}${also})`;
  });
  return { lines, met: targets.every((target) => stateOf(target) !== 'MISS') };
}

const short = (value: number): number => Number(value.toPrecision(3));

const beyondTarget = ({ beyondBound }: ClientFigures, host: number): Target => ({
  name: 'stamps beyond their bound',
  value: beyondBound,
  limit: 0.001,
  host,
});

const biasTargets = (own: ClientFigures, vllm: ClientFigures): Target[] => [
  { name: 'mean TTFT bias, of vllm bench', value: share(own.ttftBiasMean, vllm.ttftBiasMean), limit: 1 / 20 },
  { name: 'p99 TTFT bias, of vllm bench', value: share(own.ttftBiasP99, vllm.ttftBiasP99), limit: 1 / 10 },
];

const truthTargets = (own: ClientFigures): Target[] => [
  { name: 'TPOT off the truth', value: off(own.tpot, own.trueTpot), limit: 0.02 },
  { name: 'median ITL off the truth', value: off(own.itlP50, own.trueItlP50), limit: 0.02 },
  {
    name: 'ITL p99 off the truth, of the stamp bound p99',
    value: own.itlP99 === null ? null : share(Math.abs(own.itlP99 - own.trueItlP99), own.boundP99),
    limit: 1,
  },
];

const share = (value: number | null, of: number | null): number | null =>
  value === null || of === null || of <= 0 ? null : value / of;
const off = (value: number | null, truth: number): number | null =>
  value === null ? null : Math.abs(value / truth - 1);
