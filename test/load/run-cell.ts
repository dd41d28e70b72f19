import type { ClosedLoopCell, LoadHooks, LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import { measureCell } from '../../src/measure/measure-cell.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { type Protocol, protocolSchema, type StopRule, stopSchema } from '../../src/suite/schema.ts';
import { FakeEngine, type FakeEngineOptions, H100_LIKE } from './fake-engine.ts';

export interface CellFacts {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly concurrency?: number;
  readonly maxLengthTokens?: number | null;
  readonly seed?: number;
  readonly protocol?: Partial<Protocol>;
  readonly stop?: Partial<StopRule>;
  readonly stallGapToMedian?: number;
}

export function cellOf(facts: CellFacts = {}): ClosedLoopCell {
  return {
    inputTokens: facts.inputTokens ?? 100,
    outputTokens: facts.outputTokens ?? 50,
    concurrency: facts.concurrency ?? 4,
    maxLengthTokens: facts.maxLengthTokens ?? null,
    seed: facts.seed ?? 1,
    stallGapToMedian: facts.stallGapToMedian ?? null,
    protocol: { ...protocolSchema.parse({}), ...facts.protocol },
    stop: { ...stopSchema.parse({}), ...facts.stop },
  };
}

export interface Finished extends LoadResult {
  readonly engine: FakeEngine;
  readonly events: readonly string[];
  /** Load requests sent inside the window. */
  readonly measured: readonly RequestTimeline[];
}

/** Runs a cell on the made-up engine to its end. `during` may act on the running cell. */
export function runCell(
  facts: CellFacts = {},
  engineOptions: Partial<FakeEngineOptions> = {},
  during: (engine: FakeEngine, cell: { cancel(): void }, events: string[]) => void = () => {},
): Finished {
  const engine = new FakeEngine({ ...H100_LIKE, ...engineOptions });
  const events: string[] = [];
  let result: LoadResult | null = null;
  const hooks: LoadHooks = {
    windowOpened: () => void events.push('opened'),
    windowClosed: () => void events.push('closed'),
    done: (finished) => {
      events.push('done');
      result = finished;
    },
  };
  const cell = runClosedLoop(engine, cellOf(facts), hooks);
  during(engine, cell, events);
  engine.run();
  const finished = result as LoadResult | null;
  if (finished === null) throw new Error('the cell never ended');
  const { window } = finished;
  const measured = finished.timelines.filter(
    ({ role, sent_s }) =>
      role === 'load' && window !== null && sent_s >= window.opened_s && sent_s < window.closed_s,
  );
  return { ...finished, engine, events, measured };
}

export function judge(result: LoadResult, facts: CellFacts) {
  const { concurrency, stop } = cellOf(facts);
  return measureCell({
    ...result,
    kind: 'load',
    concurrency,
    stop,
    kvFill: null,
    objectives: null,
    server: null,
    serverWholeCell: null,
    maxNumSeqs: null,
    firstOfShape: true,
    eventLoopDelay: null,
  });
}
