import { gapVariation } from '../../src/load/arrivals.ts';
import type { OpenLoadResult, OpenLoopCell } from '../../src/load/cell.ts';
import { runOpenLoop } from '../../src/load/open-loop.ts';
import type { LoadPort } from '../../src/load/port.ts';
import { measureCell } from '../../src/measure/measure-cell.ts';
import type { Arrivals } from '../../src/run/schema.ts';
import { type Objectives, protocolSchema, type StopRule, stopSchema } from '../../src/suite/schema.ts';
import type { TraceColumns } from '../../src/suite/trace.ts';

export interface OpenFacts {
  readonly arrivals?: Partial<Arrivals>;
  readonly trace?: TraceColumns;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly seed?: number;
  readonly mostInFlight?: number;
  readonly stop?: Partial<StopRule>;
  readonly warmUpMaxSeconds?: number;
}

export const openCell = (facts: OpenFacts = {}): OpenLoopCell => ({
  inputTokens: facts.inputTokens ?? 1024,
  outputTokens: facts.outputTokens ?? 128,
  arrivals: { process: 'poisson', rate_per_s: 10, burstiness: null, trace: null, ...facts.arrivals },
  trace: facts.trace ?? null,
  mostInFlight: facts.mostInFlight ?? 4096,
  maxLengthTokens: null,
  seed: facts.seed ?? 1,
  protocol: protocolSchema.parse(
    facts.warmUpMaxSeconds === undefined ? {} : { warm_up_max_s: facts.warmUpMaxSeconds },
  ),
  stop: { ...stopSchema.parse({}), ...facts.stop },
});

/** A port that runs by itself until it has nothing left to do. */
export interface VirtualPort extends LoadPort {
  run(): void;
}

/** Runs an open-loop cell in virtual time to its end. */
export function runOpen(
  port: VirtualPort,
  facts: OpenFacts = {},
  during: (cell: { cancel(): void }) => void = () => {},
): OpenLoadResult {
  let result: OpenLoadResult | null = null;
  const cell = runOpenLoop(port, openCell(facts), {
    done: (finished) => {
      result = finished;
    },
  });
  during(cell);
  port.run();
  const finished = result as OpenLoadResult | null;
  if (finished === null) throw new Error('the cell never ended');
  return finished;
}

/** The load requests that were sent inside the window. */
export const measuredOf = ({ timelines, window }: OpenLoadResult) =>
  timelines.filter(
    ({ role, sent_s }) =>
      role === 'load' && window !== null && sent_s >= window.opened_s && sent_s < window.closed_s,
  );

/** Metrics and verdict of an open-loop cell. */
export function judgeOpen(load: OpenLoadResult, facts: OpenFacts = {}, objectives: Objectives | null = null) {
  const { arrivals, trace, stop } = openCell(facts);
  const { overload, ...rest } = load;
  return measureCell({
    ...rest,
    kind: 'load',
    concurrency: arrivals.rate_per_s * load.residence_s,
    open: { arrivals, gapVariation: gapVariation(arrivals, trace), overload },
    stop,
    kvFill: null,
    objectives,
    server: null,
    serverWholeCell: null,
    maxNumSeqs: null,
    firstOfShape: true,
    eventLoopDelay: null,
  });
}
