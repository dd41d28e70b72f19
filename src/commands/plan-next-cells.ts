import { RidgeError } from '../errors.ts';
import { type Criterion, chooseNext, covarianceOver, type NextCell } from '../fit/next-cells.ts';
import {
  type Conditions,
  candidatesOn,
  type NextTarget,
  parametersFor,
  siteOf,
  type TargetCandidate,
} from '../fit/next-sites.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import { candidateGrid, rangeGrid, takesCell } from '../plan/candidate-grid.ts';
import { resolvePoints } from '../plan/cells.ts';
import type { TargetFacts } from '../plan/facts.ts';
import type { InformativeCell } from '../plan/information.ts';
import type { LoadedSuite } from '../suite/load-suite.ts';
import { stopSchema } from '../suite/schema.ts';
import type { Asked } from './asked-flag.ts';
import type { NextSubject } from './next-subject.ts';

export interface NextCellsInput {
  readonly subject: NextSubject;
  readonly targets: readonly NextTarget[];
  /** Null: the default grid, driven as the fit's cells were. */
  readonly suite: LoadedSuite | null;
  /** Empty: the fit's own range, or all that might be measured. */
  readonly asked: readonly Asked[];
  readonly criterion: Criterion;
  readonly count: number;
}

/** The cells that a fit, or a server without one, lacks most, and how they were chosen. */
export interface NextCells {
  readonly conditions: Conditions;
  /** Predictions that are to become certain. */
  readonly asked: number;
  readonly cells: readonly NextCell<TargetCandidate>[];
}

/**
 * Chooses the cells to measure next, see `chooseNext`.
 * @throws RidgeError (exit 2) when an asked cell is none that the targets take
 */
export function nextCells(input: NextCellsInput): NextCells {
  const { subject, targets, criterion, count } = input;
  const { model, priors } = subject;
  const conditions: Conditions = {
    protocol: input.suite?.suite.protocol ?? subject.protocol,
    stop: input.suite?.suite.stop ?? stopSchema.parse({}),
    turnAroundSeconds: subject.turnAroundSeconds,
  };
  const cost = { card: model.card, priors, parameters: model.parameters };
  const measured = subject.measured(conditions);
  const known = new Set([
    ...measured.map(({ engine, shape }) => keyOf(engine.tensorParallel, shape)),
    ...subject.inVain.map((shape) => keyOf(shape.tensorParallel, shape)),
  ]);
  const candidates = targets
    .flatMap((target) => candidatesOn(target, cellsOn(target, input.suite), conditions, cost))
    .filter(({ engine, shape }) => !known.has(keyOf(engine.tensorParallel, shape)));
  const asked = askedSites(input, conditions);
  const sizes = [...candidates, ...measured, ...asked].map(({ engine }) => engine.tensorParallel);
  const names = parametersFor(model.card, sizes);
  const joint = subject.joint ? { covariance: covarianceOver(model, names) } : {};
  const { cells } = chooseNext({
    ...{ model, priors, names, measured, candidates, asked, count, criterion },
    ...joint,
  });
  return { conditions, asked: asked.length, cells };
}

const keyOf = (
  tensorParallel: number,
  shape: { readonly inputTokens: number; readonly outputTokens: number; readonly concurrency: number | null },
): string => [tensorParallel, shape.inputTokens, shape.outputTokens, shape.concurrency].join(' ');

/** Cells of the suite on a target, each once; without a suite the default grid. */
function cellsOn(target: NextTarget, suite: LoadedSuite | null): InformativeCell[] {
  if (suite === null) return candidateGrid(target);
  const { points } = resolvePoints(suite.points, limitsOf(target), suite.suite.protocol);
  return points
    .filter(({ point }) => !point.hold_out)
    .flatMap(({ point: { input_tokens, output_tokens }, concurrency }) =>
      concurrency === null ? [] : [{ input_tokens, output_tokens, concurrency }],
    );
}

const limitsOf = ({ name, engine, maxLengthTokens }: NextTarget): TargetFacts => ({
  name,
  accelerator: null,
  card: null,
  tensorParallel: engine.tensorParallel,
  maxLengthTokens,
  maxNumBatchedTokens: engine.maxNumBatchedTokens,
  maxNumSeqs: engine.maxNumSeqs,
  kvCapacityTokens: engine.kvCapacityTokens,
});

function askedSites({ subject, targets, asked, suite }: NextCellsInput, conditions: Conditions) {
  const { range, model } = subject;
  const { max_length_tokens: maxLengthTokens } = model.card;
  if (asked.length === 0 && range === null) {
    return targets.flatMap((target) =>
      cellsOn(target, suite)
        .filter((cell) => takesCell(target, cell))
        .map((cell) => siteOf(target.engine, cell, conditions)),
    );
  }
  if (asked.length === 0) {
    return subject.sizes.flatMap((size) => {
      const engine = subject.settingsAt(size);
      return rangeGrid(range!, { engine, maxLengthTokens }).map((cell) => siteOf(engine, cell, conditions));
    });
  }
  return asked.flatMap((one) => {
    const sizes =
      one.tensor_parallel === null
        ? [...new Set(targets.map(({ engine }) => engine.tensorParallel))]
        : [one.tensor_parallel];
    return sizes.map((size) => {
      requireEvenHeads(model.card, size, '--for tp');
      const engine =
        targets.find((target) => target.engine.tensorParallel === size)?.engine ?? subject.settingsAt(size);
      requireTaken(one, { engine, maxLengthTokens });
      return siteOf(engine, one, conditions);
    });
  });
}

function requireTaken(asked: Asked, limits: Omit<NextTarget, 'name'>): void {
  if (takesCell(limits, asked)) return;
  const { input_tokens, output_tokens, concurrency } = asked;
  throw new RidgeError(
    `--for: ${input_tokens} in, ${output_tokens} out, concurrency ${concurrency} does not fit TP ${limits.engine.tensorParallel}: its length, its seats or its KV cache`,
    { mend: 'Ask for shorter requests, fewer streams or a larger tp.' },
  );
}
