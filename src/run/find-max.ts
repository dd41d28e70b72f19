import { bracketOf, nextStep, type SearchRules, type Try } from '../load/find-max.ts';
import type { SearchEnd } from '../load/search-ends.ts';
import { judgeLoad } from '../measure/load-judgement.ts';
import { cellSeconds } from '../plan/estimate.ts';
import { targetModel } from '../plan/facts.ts';
import { lengthened } from '../power/least-window.ts';
import { cellKey } from './cell-key.ts';
import type { Control } from './control.ts';
import { factsOf } from './describe-target.ts';
import type { RunListener } from './event-bus.ts';
import { endMessage, searchOf } from './find-max-record.ts';
import type { FindMaxOptions, Search } from './find-max-schema.ts';
import { cellAt, loadOf, rulesFor, type SearchShape, sameSearch, searchShapes } from './find-max-shapes.ts';
import type { LaneCell } from './lane-context.ts';
import type { RunOptions } from './options.ts';
import type { CellRecord, RunTarget } from './schema.ts';

export interface SearchContext {
  readonly options: RunOptions;
  readonly findMax: FindMaxOptions;
  readonly records: readonly CellRecord[];
  readonly control: Control;
  readonly emit: RunListener;
  /** Measures one cell; resolves when its record is among `records`, or it could not be measured. */
  measure(cell: LaneCell): Promise<void>;
  /** Says how many cells of how many seconds may still come. */
  expect(cells: number, seconds: number): void;
  /** Keeps what is known of a search. */
  keep(search: Search): Promise<void>;
}

/** Cells that a search takes on average: the limit has to be found, then halved down to the tolerance. */
const CELLS_A_SEARCH = 9;

/** Searches every shape of the suite on one target. What is in the record decides, so a run that was stopped goes on. */
export async function searchTarget(context: SearchContext, target: RunTarget): Promise<void> {
  const searches = searchesOn(context, target);
  for (const [index, { shape, rules }] of searches.entries())
    await searchShape(context, target, shape, rules, searches.length - index - 1);
}

type Question = Pick<SearchContext, 'options' | 'findMax' | 'records'>;

/** Whether the record answers every search of a target, so that nothing is left to measure. */
export const isSearched = (question: Question, target: RunTarget): boolean =>
  searchesOn(question, target).every(
    ({ shape, rules }) =>
      nextStep(triesOf(question.records, target.name, shape, rules.axis), rules).kind === 'done',
  );

function searchesOn({ options, findMax }: Question, target: RunTarget) {
  const facts = factsOf(target);
  const { suite } = options.suite;
  return searchShapes(options.suite, facts, findMax.axis).map((shape) => ({
    shape,
    rules: rulesFor(shape, facts, suite, findMax),
  }));
}

async function searchShape(
  context: SearchContext,
  target: RunTarget,
  shape: SearchShape,
  rules: SearchRules,
  shapesLeft: number,
): Promise<void> {
  const { control, options, records } = context;
  const model = targetModel(factsOf(target));
  for (;;) {
    await control.passGate();
    const tries = triesOf(records, target.name, shape, rules.axis);
    const step = nextStep(tries, rules);
    if (step.kind === 'done') return tell(context, target, shape, tries, step.ended, null);
    await tell(context, target, shape, tries, null, step.load);
    const cell = cellAt(shape, rules.axis, step.load, step.repeat);
    const { protocol, stop } = lengthened(options.suite.suite, target.power ?? null);
    const estimated_s = cellSeconds(model, cell, protocol, stop);
    const left = Math.max(1, CELLS_A_SEARCH - tries.length) + shapesLeft * CELLS_A_SEARCH;
    context.expect(left, estimated_s);
    const key = cellKey(target, cell, options.suite.suite);
    await context.measure({ cell, key, estimated_s });
    const isMeasured = records.some((record) => record.target === target.name && record.key === key);
    if (!isMeasured) return tell(context, target, shape, tries, 'not_measured', null);
  }
}

/** Every load of a shape that has records, lowest first. */
function triesOf(
  records: readonly CellRecord[],
  target: string,
  shape: SearchShape,
  axis: SearchRules['axis'],
): (Try & { readonly records: readonly CellRecord[] })[] {
  const own = records.filter((record) => record.target === target && sameSearch(record.cell, shape, axis));
  return [...Map.groupBy(own, ({ cell }) => loadOf(cell, axis))]
    .map(([load, repeats]) => ({ load, judgement: judgeLoad(repeats), records: repeats }))
    .sort((a, b) => a.load - b.load);
}

async function tell(
  { findMax, emit, keep, options }: SearchContext,
  target: RunTarget,
  shape: SearchShape,
  tries: readonly (Try & { readonly records: readonly CellRecord[] })[],
  ended: SearchEnd | null,
  next: number | null,
): Promise<void> {
  const message = ended && endMessage(ended, tries, options.suite.suite);
  const search = searchOf(
    target.name,
    shape,
    bracketOf(tries),
    ended,
    message,
    (load) => tries.find((tried) => tried.load === load)!.records,
  );
  await keep(search);
  emit({ kind: 'search', ...search, axis: findMax.axis, next, loads_tried: tries.length });
}
