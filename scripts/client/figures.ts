import type { SentResponse } from '../../src/null-server/options.ts';
import { quantile, sortSample } from '../../src/stats/sorted.ts';
import { pairs } from './pairs.ts';
import { cpuBetween } from './process-cpu.ts';
import type { ClientRun } from './run-client.ts';

/** What is known of one client at one load; times in ms, null where the client says nothing that it could be taken from. */
export interface ClientFigures {
  readonly failed: number | null;
  /** TTFT as reported, less what lay between the request's arrival at the server and the first token's departure. */
  readonly ttftBiasMean: number | null;
  readonly ttftBiasP99: number | null;
  readonly tpot: number | null;
  readonly trueTpot: number;
  readonly itlP50: number | null;
  readonly trueItlP50: number;
  readonly itlP99: number | null;
  readonly trueItlP99: number;
  /** p99 of the stamps' bounds, which only our client knows. */
  readonly boundP99: number | null;
  /** Share of stamps that are later than their own bound says. */
  readonly beyondBound: number | null;
  readonly eventsPerSecond: number;
  /** CPU of the client over the middle of the run, us a token. */
  readonly cpuPerEvent: number | null;
}

const MS = 1000;
/** What the kernel may need to pass a write on to the reader, and to wake it, where nobody waits for a core. */
export const TRANSIT_S = 250e-6;

/** The figures of one run against what the server truly sent. */
export function figuresOf(run: ClientRun): ClientFigures {
  const { truth, result } = run;
  const trueGaps = truth.flatMap(({ sentAt }) => gaps(sentAt));
  const bias = result === null ? [] : pairs(result, truth).map((pair) => pair.ttft - trueTtft(pair.truth));
  const itls = result?.itls.flat() ?? [];
  return {
    failed: result?.failed ?? null,
    ttftBiasMean: milliseconds(mean(bias)),
    ttftBiasP99: milliseconds(at(bias, 0.99)),
    tpot: milliseconds(result && mean(result.itls.filter((gaps) => gaps.length > 0).map(mean) as number[])),
    trueTpot:
      MS * mean(truth.filter(({ sentAt }) => sentAt.length > 1).map(({ sentAt }) => mean(gaps(sentAt))!))!,
    itlP50: milliseconds(at(itls, 0.5)),
    trueItlP50: MS * at(trueGaps, 0.5)!,
    itlP99: milliseconds(at(itls, 0.99)),
    trueItlP99: MS * at(trueGaps, 0.99)!,
    boundP99: milliseconds(at(result?.bounds?.flat() ?? [], 0.99)),
    beyondBound: shareBeyondBound(run),
    ...rates(run),
  };
}

/** Events a second and CPU an event between the 10th and the 90th hundredth of all tokens: no start-up, no tail. */
function rates({ truth, cpu }: ClientRun): Pick<ClientFigures, 'eventsPerSecond' | 'cpuPerEvent'> {
  const sent = Float64Array.from(truth.flatMap(({ sentAt }) => Array.from(sentAt))).sort();
  const [from, to] = [sent[Math.floor(0.1 * sent.length)]!, sent[Math.floor(0.9 * sent.length)]!];
  const events = 0.8 * sent.length;
  const used = cpuBetween(cpu, from, to);
  return {
    eventsPerSecond: events / (to - from),
    cpuPerEvent: used === null ? null : (1e6 * used) / events,
  };
}

function shareBeyondBound({ truth, result }: ClientRun): number | null {
  if (result?.bounds === undefined) return null;
  let beyond = 0;
  let all = 0;
  for (const pair of pairs(result, truth)) {
    pair.stamps.forEach((at, token) => {
      all += 1;
      const left = pair.truth.sentAt[token]! + pair.truth.tookS[token]!;
      if (at - left > pair.bounds![token]! + TRANSIT_S) beyond += 1;
    });
  }
  return beyond / all;
}

const trueTtft = ({ sentAt, receivedAt }: SentResponse): number => sentAt[0]! - receivedAt;
const gaps = (times: Float64Array): number[] => Array.from(times.subarray(1), (time, i) => time - times[i]!);
const milliseconds = (seconds: number | null): number | null => (seconds === null ? null : MS * seconds);
const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

function at(values: readonly number[], q: number): number | null {
  const sample = sortSample(values);
  return sample === null ? null : quantile(sample, q);
}
