import type { CellEvidence } from '../../src/measure/evidence.ts';
import { measureCell } from '../../src/measure/measure-cell.ts';
import type { Reason, ReasonCode } from '../../src/measure/reasons.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import type { ServerDelta } from '../../src/run/schema.ts';
import { stopSchema } from '../../src/suite/schema.ts';

export interface RequestFacts extends Partial<RequestTimeline> {
  /** Seconds from the request to its first token, and between tokens. */
  readonly ttft?: number;
  readonly tpot?: number;
}

/** A completed request with evenly spaced tokens; every field can be set. */
export function request(facts: RequestFacts = {}): RequestTimeline {
  const { ttft = 0.1, tpot = 0.01, ...fields } = facts;
  const tokens = fields.output_tokens ?? 100;
  const sent = fields.sent_s ?? 0;
  const at_s = Array.from({ length: tokens }, (_, i) => sent + ttft + i * tpot);
  return {
    sequence: 0,
    stream: 0,
    role: 'load',
    input_tokens: 50,
    output_tokens: tokens,
    scheduled_s: sent,
    sent_s: sent,
    first_byte_s: at_s[0]!,
    first_choices_s: at_s[0]!,
    chunks: { at_s, tokens: at_s.map(() => 1), bound_s: at_s.map(() => 0) },
    usage: { prompt_tokens: 50, completion_tokens: tokens, cached_tokens: null },
    tokens_counted_by: 'server',
    ended_s: at_s.at(-1)!,
    outcome: { state: 'completed', finish_reason: 'length' },
    ...fields,
  };
}

export interface LoopFacts {
  readonly streams?: number;
  readonly from?: number;
  readonly to?: number;
  /** When a stream begins, s. */
  readonly phase?: (stream: number) => number;
  readonly each?: (sequence: number, sent: number) => RequestFacts;
}

/** A closed loop of requests of 1.09 s each, streams evenly out of phase, from before to after the window. */
export function loop({ streams = 4, from = -2, to = 14, phase, each }: LoopFacts = {}): RequestTimeline[] {
  const requests: RequestTimeline[] = [];
  for (let stream = 0; stream < streams; stream++) {
    let sent = from + (phase ? phase(stream) : (stream * 1.09) / streams);
    while (sent < to) {
      const sequence = requests.length;
      const next = request({ stream, sequence, sent_s: sent, ...each?.(sequence, sent) });
      requests.push(next);
      sent = next.ended_s;
    }
  }
  return requests;
}

export const noCounters: ServerDelta = {
  generation_tokens: null,
  prompt_tokens: null,
  prefix_cache_hits: null,
  prefix_cache_queries: null,
  preemptions: null,
  engine_steps: null,
  mean_running: null,
  mean_waiting: null,
  max_kv_usage: null,
  kv_transfer: null,
  ttft_mean_s: null,
  tpot_mean_s: null,
};

export const server = (delta: Partial<ServerDelta>, from_s = 0, to_s = 10) => ({
  delta: { ...noCounters, ...delta },
  from_s,
  to_s,
  from_bound_s: 0,
  to_bound_s: 0,
});

/** Evidence of a sound cell: four streams, a window of ten seconds. */
export function evidence(facts: Partial<CellEvidence> = {}): CellEvidence {
  return {
    timelines: loop({ streams: facts.concurrency ?? 4 }),
    residence_s: 1.09,
    window: { opened_s: 0, closed_s: 10 },
    stoppedBy: 'converged',
    warmUpCapped: false,
    kind: 'load',
    concurrency: 4,
    kvFill: null,
    stop: stopSchema.parse({}),
    objectives: null,
    server: null,
    serverWholeCell: null,
    maxNumSeqs: null,
    firstOfShape: true,
    eventLoopDelay: null,
    ...facts,
  };
}

export function reasonsOf(facts: Partial<CellEvidence>): readonly Reason[] {
  return measureCell(evidence(facts)).reasons;
}

export function codesOf(facts: Partial<CellEvidence>): readonly ReasonCode[] {
  return reasonsOf(facts).map((reason) => reason.code);
}
